// Package deploy_test keeps the files of this folder true.
package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/guard"
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
	want.Tokens, want.Publish.Keys = "/etc/lianmai/tokens.yaml", "/etc/lianmai/publish-keys.txt"
	if got != want {
		t.Errorf("the Dockerfile's environment gives %+v, want %+v", got, want)
	}
	if err := got.CheckOpen(); err != nil {
		t.Errorf("the container does not start: %v", err)
	}
	for name := range env {
		t.Errorf("the Dockerfile sets %s, which nobody reads", name)
	}
}

// What the example says in comments is spelled as the program reads it.
func TestExampleSettingsInCommentsAreKnown(t *testing.T) {
	text, err := os.ReadFile("lianmai.yaml")
	if err != nil {
		t.Fatal(err)
	}
	setting := regexp.MustCompile(`(?m)^( *)# ((?: *|- )[a-z-]+:(?: |$).*)$`)
	path := filepath.Join(t.TempDir(), "lianmai.yaml")
	if err := os.WriteFile(path, setting.ReplaceAll(text, []byte("$1$2")), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(config.Sources{File: path})
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := got.Webhooks.List()
	if err != nil || len(hooks) != 1 || len(hooks[0].Events) != 3 {
		t.Errorf("webhooks: %+v, %v", hooks, err)
	}
	for name, value := range map[string]string{
		"data": got.Data, "nats": got.NATS.URL, "nats-credentials": got.NATS.Credentials, "node": got.NATS.Node, "tokens": got.Tokens,
		"tls.cert": got.TLS.Cert, "tls.key": got.TLS.Key, "tls.client-ca": got.TLS.ClientCA, "publish.keys": got.Publish.Keys,
		"allow.input": got.Allow.Input, "allow.output": got.Allow.Output,
	} {
		if value == "" {
			t.Errorf("no %s in a comment", name)
		}
	}
	policy := guard.Policy{Inputs: got.Allow.Inputs(), Outputs: got.Allow.Outputs()}
	if _, err := policy.Gate(); err != nil || len(policy.Inputs) != 2 {
		t.Errorf("allow: %v, %v", policy, err)
	}
}
