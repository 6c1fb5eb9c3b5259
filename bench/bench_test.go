package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func hdClips(n int) []clip {
	clips := make([]clip, n)
	for i := range clips {
		clips[i] = clip{path: "/clips/" + inputName(i) + ".flv", Width: 1280, Height: 720, FPS: 30}
	}
	return clips
}

func grid6(t *testing.T) scenario {
	t.Helper()
	chosen, err := selectScenarios("grid6")
	if err != nil {
		t.Fatal(err)
	}
	return chosen[0]
}

func TestBenchSaysWhichProgramIsMissing(t *testing.T) {
	there, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "none")
	for hint, o := range map[string]options{
		"make build":   {lianmai: missing, ffmpeg: there, ffprobe: there},
		"make deps":    {lianmai: there, ffmpeg: missing, ffprobe: there},
		"with ffmpeg":  {lianmai: there, ffmpeg: there, ffprobe: missing},
		"none: `make ": {lianmai: missing, ffmpeg: missing, ffprobe: missing},
	} {
		err := bench(t.Context(), o, io.Discard, io.Discard)
		if !errors.Is(err, errMissing) || !strings.Contains(err.Error(), hint) {
			t.Errorf("error %v, want errMissing with %q", err, hint)
		}
	}
}

func TestParseOptionsRefusesNonsense(t *testing.T) {
	for _, args := range [][]string{{"-n", "0"}, {"-case", "grid7"}, {"-duration", "3ms"}, {"-duration", "-1s"}, {"grid6"}, {"-x"}} {
		var stderr bytes.Buffer
		if _, err := parseOptions(args, &stderr); err == nil || stderr.Len() == 0 {
			t.Errorf("%q: error %v, said %q", args, err, stderr.String())
		}
	}
}

func TestContendersDoTheSameJob(t *testing.T) {
	job := task{
		scenario: grid6(t), tools: tools{"/bin/lianmai", "/bin/ffmpeg", "/bin/ffprobe"},
		clips: hdClips(6), duration: 20 * time.Second, dir: "/tmp/x",
	}
	contenders, err := job.contenders()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		ours: "lianmai render --input input1=input1.flv --input input2=input2.flv --input input3=input3.flv --input input4=input4.flv " +
			"--input input5=input5.flv --input input6=input6.flv --template template.json --size 1280x720 --fps 30 " +
			"--video-bitrate 2500k --audio-bitrate 128k --preset veryfast --duration 20s --quiet --output lianmai.flv",
		floorEncode: "ffmpeg -nostdin -hide_banner -loglevel error -nostats -y -threads 1 -i reference.nut " +
			"-c:v libx264 -preset veryfast -tune zerolatency -profile:v high -pix_fmt yuv420p -threads 1 " +
			"-b:v 2500k -maxrate 2500k -bufsize 2500k -g 60 -bf 0 -flags +cgop " +
			"-x264-params scenecut=0:open-gop=0:keyint-min=60 -c:a aac -b:a 128k -ar 48000 -ac 2 -f null -",
	}
	for _, c := range contenders {
		argv := strings.Join(withoutFolders(c.argv), " ")
		if w, ok := want[c.name]; ok && argv != w {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, argv, w)
		}
		if strings.Contains(argv, "/tmp/") || strings.Contains(argv, "/clips/") {
			t.Errorf("%s names a folder of this machine: %s", c.name, argv)
		}
		if threads := strings.Count(argv, "-threads 1 "); c.name == opponentBest && threads != 7 {
			t.Errorf("%s: %d of 6 decoders and 1 encoder have one thread", c.name, threads)
		}
		if c.name == opponent && strings.Count(argv, "-threads 1 ") != 1 {
			t.Errorf("%s: more than the encoder is told its threads: %s", c.name, argv)
		}
		if c.name == oursDefaults && slices.Contains(c.argv, "--preset") {
			t.Errorf("the defaults are told a preset: %s", argv)
		}
		if i := slices.Index(c.argv, "-x264-params"); c.output != "" && !strings.HasPrefix(c.name, ours) && i < 0 {
			t.Errorf("%s does not encode as the others do", c.name)
		}
	}
}
