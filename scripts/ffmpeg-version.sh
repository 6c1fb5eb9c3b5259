# shellcheck shell=sh disable=SC2034 # the variables are for those who source this
# Sourced by the other scripts: which FFmpeg Lianmai is built with, and where it is.
#
#   FFMPEG_VERSION   the release that is built when the system has none of that series
#   FFMPEG_PREFIX    where that build is installed: the user's cache folder, one
#                    folder for each version and set of options, shared by clones
#   ffmpeg_from_system  succeeds if pkg-config finds FFmpeg 7.x

FFMPEG_VERSION=7.1

# Only what Lianmai decodes, encodes, reads and writes. Networking is left out on
# purpose: Go does it, with deadlines, and FFmpeg never opens a socket.
FFMPEG_OPTIONS="
--disable-everything --disable-autodetect --disable-programs --disable-doc
--disable-network --disable-debug --enable-gpl --enable-libx264 --enable-zlib
--enable-pic --enable-static --disable-shared
--enable-decoder=h264,hevc,aac,aac_latm,mp3,mp3float,flac,vorbis,opus,alac,png,mjpeg
--enable-decoder=pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_f32le,pcm_u8,pcm_alaw,pcm_mulaw
--enable-encoder=libx264,aac,png,pcm_s16le,pcm_f32le,rawvideo
--enable-parser=h264,hevc,aac,aac_latm,mpegaudio,flac,vorbis,opus
--enable-demuxer=flv,live_flv,mov,matroska,mpegts,mp3,aac,flac,ogg,wav,h264,hevc,concat
--enable-muxer=flv,mp4,mov,matroska,mpegts,wav,adts,null
--enable-bsf=h264_mp4toannexb,hevc_mp4toannexb,extract_extradata,aac_adtstoasc,h264_metadata,null
--enable-filter=aresample,aformat,anull,null,scale,format,abuffer,abuffersink,buffer,buffersink
--enable-protocol=file,pipe
"
# Another number makes everybody build anew, as is needed after a change of train-ffmpeg.c.
FFMPEG_TRAINING=1
_hash=$(printf '%s' "$FFMPEG_VERSION $FFMPEG_OPTIONS training $FFMPEG_TRAINING" | cksum | cut -d' ' -f1)
FFMPEG_PREFIX="${XDG_CACHE_HOME:-$HOME/.cache}/lianmai/ffmpeg-$FFMPEG_VERSION-$_hash"

ffmpeg_from_system() {
  [ -z "${LIANMAI_STATIC_FFMPEG:-}" ] &&
    pkg-config --exists 'libavcodec >= 61' 'libavcodec < 62' libavformat libavdevice \
      libavfilter libswresample libswscale libavutil 2>/dev/null
}
