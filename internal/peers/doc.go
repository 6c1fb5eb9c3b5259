// Package peers runs the programs that Lianmai meets in the field, for tests:
// nginx with its RTMP module as origin and CDN ([Nginx]), and the ffmpeg command
// as publisher, player and judge ([Process]).
//
// Caveats:
//   - Everything started here belongs to one test and is killed when it ends; what
//     the program said is shown if the test failed.
//   - A missing program fails the test; `make deps` installs them.
package peers
