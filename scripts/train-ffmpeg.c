// Runs the codecs on what a mix gives them, so that the compiler learns which way
// their branches go: build-ffmpeg.sh builds FFmpeg for this program once with counters,
// and then anew by what they counted.
//
// It needs no files: a picture with edges, motion, flat parts and a camera's noise is
// drawn, encoded by x264 as phones, webcams and OBS do it, and decoded; and so is sound.
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int ret, const char *what) {
    if (ret < 0) {
        fprintf(stderr, "train-ffmpeg: %s: %s\n", what, av_err2str(ret));
        exit(1);
    }
}

// noise returns -range…range.
static int noise(int range) {
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (int)(state >> 16) % (2 * range + 1) - range;
}

// at[i] is where a head or a hand is in the picture that is being drawn.
static struct { int x, y; } at[3];

static int luma(int x, int y, int n) {
    int v = 90 + x / 12 - y / 16; // a wall in soft light
    for (int i = 0; i < 3; i++) {
        int dx = x - at[i].x, dy = y - at[i].y, r = 50 + 25 * i;
        int d = 20 * (dx * dx + dy * dy) / (r * r);
        if (d < 20)
            v = 120 + 40 * i + d + 12 * ((x + y + n) / 9 % 2);
    }
    if (x > 470 && y < 150) // a shelf that stands still
        v = 60 + (x / 14 * 37 + y / 20 * 53) % 130;
    return v;
}

static void draw(AVFrame *f, int n) {
    check(av_frame_make_writable(f), "picture");
    for (int i = 0; i < 3; i++) { // each at a speed of its own
        at[i].x = 320 + 160 * sin(n * (0.011 + 0.017 * i) + i);
        at[i].y = 190 + 70 * cos(n * (0.013 + 0.009 * i));
    }
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++)
            f->data[0][y * f->linesize[0] + x] = luma(x, y, n) + noise(3);
    for (int y = 0; y < f->height / 2; y++)
        for (int x = 0; x < f->width / 2; x++) {
            int v = luma(2 * x, 2 * y, n);
            f->data[1][y * f->linesize[1] + x] = 138 - v / 12 + noise(1);
            f->data[2][y * f->linesize[2] + x] = 118 + v / 10 + noise(1);
        }
    f->pts = n;
}

// pass takes a frame through the encoder and what that has ready through the decoders; a
// null frame ends the encoder.
static void pass(AVCodecContext *enc, AVFrame *in, AVCodecContext **dec, AVPacket *pkt, AVFrame *out) {
    check(avcodec_send_frame(enc, in), "encoding");
    while (avcodec_receive_packet(enc, pkt) >= 0) {
        for (int i = 0; dec[i]; i++) {
            check(avcodec_send_packet(dec[i], pkt), "decoding");
            while (avcodec_receive_frame(dec[i], out) >= 0)
                ;
        }
        av_packet_unref(pkt);
    }
}

static AVCodecContext *decoder(enum AVCodecID id, AVCodecContext *enc, enum AVDiscard loop_filter) {
    const AVCodec *codec = avcodec_find_decoder(id);
    AVCodecContext *c = avcodec_alloc_context3(codec);
    AVCodecParameters *par = avcodec_parameters_alloc();
    check(avcodec_parameters_from_context(par, enc), "parameters");
    check(avcodec_parameters_to_context(c, par), "parameters");
    avcodec_parameters_free(&par);
    c->thread_count = 1;
    c->skip_loop_filter = loop_filter;
    check(avcodec_open2(c, codec, NULL), "decoder");
    return c;
}

static void video(const char *profile, const char *params, int bit_rate, int frames) {
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    AVCodecContext *enc = avcodec_alloc_context3(codec);
    enc->width = 640, enc->height = 360;
    enc->pix_fmt = AV_PIX_FMT_YUV420P;
    enc->time_base = (AVRational){1, 30};
    enc->bit_rate = bit_rate;
    enc->gop_size = 60;
    enc->thread_count = 1;
    enc->flags = AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set(enc->priv_data, "preset", "veryfast", 0);
    av_opt_set(enc->priv_data, "profile", profile, 0);
    av_opt_set(enc->priv_data, "x264-params", params, 0);
    check(avcodec_open2(enc, codec, NULL), "libx264");
    AVCodecContext *dec[] = {
        decoder(AV_CODEC_ID_H264, enc, AVDISCARD_DEFAULT), decoder(AV_CODEC_ID_H264, enc, AVDISCARD_ALL), NULL};
    AVFrame *f = av_frame_alloc(), *out = av_frame_alloc();
    AVPacket *pkt = av_packet_alloc();
    f->width = enc->width, f->height = enc->height, f->format = enc->pix_fmt;
    check(av_frame_get_buffer(f, 0), "picture");
    for (int n = 0; n < frames; n++) {
        draw(f, n);
        pass(enc, f, dec, pkt, out);
    }
    pass(enc, NULL, dec, pkt, out);
    av_frame_free(&f), av_frame_free(&out), av_packet_free(&pkt);
    avcodec_free_context(&enc), avcodec_free_context(&dec[0]), avcodec_free_context(&dec[1]);
}

static void sound(int rate, int channels, int bit_rate, int seconds) {
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    AVCodecContext *enc = avcodec_alloc_context3(codec);
    enc->sample_rate = rate;
    enc->sample_fmt = AV_SAMPLE_FMT_FLTP;
    enc->bit_rate = bit_rate;
    enc->flags = AV_CODEC_FLAG_GLOBAL_HEADER;
    av_channel_layout_default(&enc->ch_layout, channels);
    check(avcodec_open2(enc, codec, NULL), "aac");
    AVCodecContext *dec[] = {decoder(AV_CODEC_ID_AAC, enc, AVDISCARD_DEFAULT), NULL};
    AVFrame *f = av_frame_alloc(), *out = av_frame_alloc();
    AVPacket *pkt = av_packet_alloc();
    f->nb_samples = enc->frame_size, f->format = enc->sample_fmt, f->sample_rate = rate;
    check(av_channel_layout_copy(&f->ch_layout, &enc->ch_layout), "channels");
    check(av_frame_get_buffer(f, 0), "sound");
    for (int64_t n = 0; n < (int64_t)seconds * rate; n += f->nb_samples) {
        check(av_frame_make_writable(f), "sound");
        for (int i = 0; i < f->nb_samples; i++) {
            double t = (double)(n + i) / rate, syllable = fmax(0, sin(2 * M_PI * 3 * t) * sin(2 * M_PI * 0.4 * t)), v = 0;
            for (int h = 1; h < 20; h++) // a voice's harmonics
                v += sin(2 * M_PI * 130 * h * t + 2 * sin(2 * M_PI * 4 * t)) / h;
            for (int c = 0; c < channels; c++)
                ((float *)f->data[c])[i] = (float)(0.12 * syllable * v + noise(1000) * 1e-6 * (c + 1));
        }
        f->pts = n;
        pass(enc, f, dec, pkt, out);
    }
    pass(enc, NULL, dec, pkt, out);
    av_frame_free(&f), av_frame_free(&out), av_packet_free(&pkt);
    avcodec_free_context(&enc), avcodec_free_context(&dec[0]);
}

int main(void) {
    av_log_set_level(AV_LOG_ERROR);
    video("main", "bframes=0:cabac=1", 450000, 120); // a webcam
    video("high", "bframes=2:cabac=1", 500000, 60);  // OBS
    video("baseline", "bframes=0", 500000, 60);      // a phone
    sound(48000, 2, 128000, 8);
    sound(44100, 1, 64000, 8);
    return 0;
}
