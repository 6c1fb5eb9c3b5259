// Package e2e holds the tests of the finished program against real peers: the
// lianmai binary, nginx-rtmp as origin and as CDN, ffmpeg as the senders, ffprobe and
// package judge as the audience. It has no other code.
package e2e
