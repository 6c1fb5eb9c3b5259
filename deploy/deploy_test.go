// Package deploy_test keeps the files of this folder true.
package deploy_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/lianmai/lianmai/config"
)

func TestExampleSettingsAreTheDefaults(t *testing.T) {
	got, err := config.Load(config.Sources{File: "lianmai.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Default(); got != want {
		t.Errorf("lianmai.yaml gives %+v, want the defaults %+v", got, want)
	}
}

func TestContainerListensOutsideItself(t *testing.T) {
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(LIANMAI_\w+)=(\S+)`).FindAllStringSubmatch(string(text), -1) {
		env[m[1]] = m[2]
	}
	got, err := config.Load(config.Sources{Env: func(name string) (string, bool) {
		value, ok := env[name]
		delete(env, name)
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.GRPC, want.HTTP, want.RTMP, want.Data = "0.0.0.0:7070", "0.0.0.0:8080", "0.0.0.0:1935", "/var/lib/lianmai"
	if got != want {
		t.Errorf("the Dockerfile's environment gives %+v, want %+v", got, want)
	}
	for name := range env {
		t.Errorf("the Dockerfile sets %s, which nobody reads", name)
	}
}
