# Lianmai on Debian 13, with Debian's own FFmpeg 7.1.
#
#   docker build --build-arg VERSION="$(git describe --tags --always)" -t lianmai .
#
# It serves whoever has a token, and takes streams with a key. Both are made once, in a
# volume; the first command prints the token:
#
#   docker run --rm -v lianmai-etc:/etc/lianmai lianmai \
#     token new --name me --scope mix,template --file /etc/lianmai/tokens.yaml
#   docker run --rm -v lianmai-etc:/etc/lianmai --entrypoint sh lianmai \
#     -c 'umask 077; openssl rand -hex 32 >/etc/lianmai/publish-keys.txt'
#   docker run -d --name lianmai --ulimit rtprio=1 --ulimit nice=30 -v lianmai-etc:/etc/lianmai:ro -v lianmai:/var/lib/lianmai \
#     -p 7070:7070 -p 8080:8080 -p 1935:1935 lianmai
#
# The limits let the thread of the ticks go before everything else (real time, or nice -10).
# Where the Go module proxy is slow, add --build-arg GOPROXY=… with a nearer one.
# scripts/prove-dockerfile.sh runs these steps without Docker.

FROM golang:1.26-trixie AS build

RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libavcodec-dev \
      libavdevice-dev \
      libavfilter-dev \
      libavformat-dev \
      libavutil-dev \
      libswresample-dev \
      libswscale-dev \
      libyuv-dev \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /src
ARG GOPROXY
COPY go.mod go.sum ./
RUN go mod download

ARG VERSION=dev
COPY . .
RUN go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/lianmai ./cmd/lianmai


FROM debian:trixie-slim

# The libraries that the binary is linked with, the authorities for rtmps:// (openssl comes
# with them), and a font for names in Chinese on placeholders.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates \
      fonts-wqy-microhei \
      libavcodec61 \
      libavdevice61 \
      libavfilter10 \
      libavformat61 \
      libavutil59 \
      libswresample5 \
      libswscale8 \
      libyuv0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home --home-dir /var/lib/lianmai \
      --shell /usr/sbin/nologin lianmai \
 && chmod 700 /var/lib/lianmai \
 && install -d -o lianmai -g lianmai -m 700 /etc/lianmai

COPY --from=build /out/lianmai /usr/local/bin/lianmai

# Inside a container loopback is the container's own, so listen on all of its network. It
# does not start without the files that say who may call and who may publish.
ENV LIANMAI_GRPC=0.0.0.0:7070 \
    LIANMAI_HTTP=0.0.0.0:8080 \
    LIANMAI_RTMP=0.0.0.0:1935 \
    LIANMAI_TOKENS=/etc/lianmai/tokens.yaml \
    LIANMAI_PUBLISH_KEYS=/etc/lianmai/publish-keys.txt \
    LIANMAI_DATA=/var/lib/lianmai

USER lianmai
WORKDIR /var/lib/lianmai
VOLUME /var/lib/lianmai
EXPOSE 7070 8080 1935
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["lianmai", "healthcheck"]
ENTRYPOINT ["lianmai"]
CMD ["serve"]
