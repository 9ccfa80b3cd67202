# The binary alone, for other images:
#
#   docker build -t cardea .
#
#   COPY --from=cardea /cardea /sbin/cardea
#   ENTRYPOINT ["/sbin/cardea", "--"]
#
# For another machine: --build-arg ARCH=aarch64.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /cardea
# The packages and the libraries first: they change less often than the sources.
COPY Makefile ./
COPY tools ./tools
RUN apt-get update && tools/setup.sh build
ARG ARCH=
RUN make ${ARCH:+ARCH=$ARCH} deps
COPY . .
RUN make ${ARCH:+ARCH=$ARCH} install DESTDIR=/out PREFIX=/usr \
	&& cp /out/usr/sbin/cardea /out/cardea

FROM scratch
COPY --from=build /out/cardea /cardea
COPY --from=build /out/usr/share /usr/share
ENTRYPOINT ["/cardea"]
