package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokensAreListedWithoutTheirSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens.yaml")
	command := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, err bytes.Buffer
		if code := run(t.Context(), append([]string{"token"}, args...), &out, &err); code != want {
			t.Errorf("token %q = %d\n%s%s", args, code, out.String(), err.String())
		}
		return out.String(), err.String()
	}
	token, _ := command(exitOK, "new", "--name", "studio", "--scope", "mix,template", "--file", file)
	command(exitOK, "new", "--name", "board", "--scope", "read", "--file", file)
	list, _ := command(exitOK, "list", "--file", file)
	if strings.Count(list, "\n") != 2 || !strings.Contains(list, "studio") || !strings.Contains(list, "mix,template") || strings.Contains(list, strings.TrimSpace(token)) {
		t.Errorf("list:\n%s", list)
	}
	if _, hint := command(exitOK, "new", "--name", "a", "--scope", "read"); !strings.Contains(hint, "sha256:") || !strings.Contains(hint, "--tokens") {
		t.Errorf("without a file: %s", hint)
	}
	_, taken := command(exitFailed, "new", "--name", "studio", "--scope", "mix", "--file", file)
	if !strings.Contains(taken, "another token is called") {
		t.Errorf("a name twice: %s", taken)
	}
	command(exitUsage, "new", "--name", "../x", "--scope", "mix", "--file", file)
	command(exitUsage, "new", "--name", "x", "--scope", "everything", "--file", file)
	command(exitUsage, "stream", "rtmp://h/a/s")
}

func TestServeRefusesToBeOpen(t *testing.T) {
	for args, want := range map[string]string{
		"--grpc 0.0.0.0:0":             "lianmai token new",
		"--http :0":                    "--tokens FILE",
		"--rtmp [::]:0":                "--publish-keys FILE",
		"--allow-input a/b":            "--allow-input",
		"--tls-cert x":                 "cert and key come together",
		"--publish-play":               "publish.play",
		"--limit-calls none":           "limit.calls",
		"--allow-output *.x --http :0": "--http :0 is not on loopback",
	} {
		var out, stderr bytes.Buffer
		all := append([]string{"serve", "--grpc", "127.0.0.1:0", "--http", "off", "--rtmp", "off"}, strings.Fields(args)...)
		if code := run(t.Context(), all, &out, &stderr); code != exitUsage || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s = %d\n%s", args, code, stderr.String())
		}
	}
}
