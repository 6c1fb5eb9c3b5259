package deploy_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/lianmai/lianmai/config"
)

// document is what the tests read of one object of Kubernetes.
type document struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		ServiceName string `yaml:"serviceName"`
		Ports       []struct {
			Name       string
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Annotations map[string]string }
			Spec     struct {
				Grace           int            `yaml:"terminationGracePeriodSeconds"`
				SecurityContext map[string]any `yaml:"securityContext"`
				Containers      []container
				Volumes         []struct {
					Name   string
					Secret struct {
						SecretName  string `yaml:"secretName"`
						DefaultMode int    `yaml:"defaultMode"`
					}
				}
			}
		}
		VolumeClaimTemplates []struct{ Metadata struct{ Name string } } `yaml:"volumeClaimTemplates"`
		Ingress              []struct {
			Ports []struct{ Port string }
		}
		Endpoints []struct{ Port, Path string } `yaml:"podMetricsEndpoints"`
	}
}

type container struct {
	Args  []string
	Env   []struct{ Name, Value string }
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	Liveness  probe `yaml:"livenessProbe"`
	Readiness probe `yaml:"readinessProbe"`
	Startup   probe `yaml:"startupProbe"`
	Lifecycle struct {
		PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
	}
	SecurityContext map[string]any `yaml:"securityContext"`
	VolumeMounts    []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

// documents returns the objects of a file, by kind and name.
func documents(t *testing.T, name string) map[string]document {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]document{}
	d := yaml.NewDecoder(f)
	for {
		var doc document
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		key := doc.Kind + "/" + doc.Metadata.Name
		if _, twice := all[key]; twice || doc.Kind == "" || doc.Metadata.Name == "" {
			t.Errorf("%s: %q is there twice or has no name", name, key)
		}
		all[key] = doc
	}
}

func TestKubernetesSaysWhatTheProgramKnows(t *testing.T) {
	objects := documents(t, "kubernetes/lianmai.yaml")
	set, ok := objects["StatefulSet/lianmai"]
	if !ok || len(set.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("no StatefulSet with one container: %+v", set)
	}
	pod, c := set.Spec.Template.Spec, set.Spec.Template.Spec.Containers[0]
	if !slices.Equal(c.Args, []string{"serve"}) {
		t.Errorf("args %v", c.Args)
	}

	// The settings are ones that the program reads, and the ports are those it listens on.
	env := map[string]string{}
	for _, e := range c.Env {
		if strings.HasPrefix(e.Name, config.EnvPrefix) {
			env[e.Name] = e.Value
		}
	}
	cfg, err := config.Load(config.Sources{Env: func(name string) (string, bool) {
		value, ok := env[name]
		delete(env, name)
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name := range env {
		t.Errorf("nobody reads %s", name)
	}
	ports := map[string]int{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	metricsAddr, own := cfg.MetricsAddr()
	if !own {
		t.Fatalf("metrics %s: Prometheus would need a token", cfg.Metrics)
	}
	for name, addr := range map[string]string{"grpc": cfg.GRPC, "http": cfg.HTTP, "rtmp": cfg.RTMP, "metrics": metricsAddr} {
		if want := portOf(t, addr); ports[name] != want {
			t.Errorf("port %s is %d, the program listens on %s", name, ports[name], addr)
		}
	}
	for key, o := range objects {
		for _, p := range o.Spec.Ports {
			if ports[p.TargetPort] != p.Port {
				t.Errorf("%s: port %+v", key, p)
			}
		}
		for _, rule := range o.Spec.Ingress {
			for _, p := range rule.Ports {
				if ports[p.Port] == 0 {
					t.Errorf("%s: no port %s", key, p.Port)
				}
			}
		}
	}
	if _, ok := objects["Service/"+set.Spec.ServiceName]; !ok {
		t.Errorf("no Service %s", set.Spec.ServiceName)
	}
	for want, p := range map[string]probe{"/healthz": c.Liveness, "/readyz": c.Readiness} {
		if p.HTTPGet.Path != want || p.HTTPGet.Port != "http" {
			t.Errorf("a probe asks %+v, want %s", p.HTTPGet, want)
		}
	}
	if c.Startup.HTTPGet.Path != "/healthz" {
		t.Errorf("the startup probe asks %+v", c.Startup.HTTPGet)
	}

	// There is time for everything that a stop does.
	need := time.Duration(c.Lifecycle.PreStop.Sleep.Seconds)*time.Second + cfg.Drain.DelayFor() + cfg.Drain.TimeoutFor() + 5*time.Second
	if have := time.Duration(pod.Grace) * time.Second; have < need {
		t.Errorf("terminationGracePeriodSeconds gives %v, a stop may take %v", have, need)
	}
	checkHardening(t, pod.SecurityContext, c.SecurityContext)

	// What the program writes to is a volume.
	volumes := []string{}
	for _, v := range pod.Volumes {
		volumes = append(volumes, v.Name)
	}
	for _, v := range set.Spec.VolumeClaimTemplates {
		volumes = append(volumes, v.Metadata.Name)
	}
	if err := cfg.CheckOpen(); err != nil {
		t.Errorf("the pod does not start: %v", err)
	}
	mounted, secret := false, false
	for _, m := range c.VolumeMounts {
		mounted = mounted || m.MountPath == cfg.Data
		secret = secret || m.ReadOnly && m.MountPath == path.Dir(cfg.Tokens) && m.MountPath == path.Dir(cfg.Publish.Keys)
		if !slices.Contains(volumes, m.Name) {
			t.Errorf("no volume %s", m.Name)
		}
	}
	if !mounted {
		t.Errorf("%s is on no volume", cfg.Data)
	}
	if !secret {
		t.Errorf("%s and %s are on no volume", cfg.Tokens, cfg.Publish.Keys)
	}
	for _, v := range pod.Volumes {
		if v.Secret.SecretName != "" && (v.Secret.SecretName != "lianmai" || v.Secret.DefaultMode&0o007 != 0) {
			t.Errorf("volume %+v", v)
		}
	}
	for _, kind := range []string{"NetworkPolicy/lianmai", "PodDisruptionBudget/lianmai", "ServiceAccount/lianmai"} {
		if _, ok := objects[kind]; !ok {
			t.Errorf("no %s", kind)
		}
	}

	notes := set.Spec.Template.Metadata.Annotations
	if notes["prometheus.io/path"] != "/metrics" || notes["prometheus.io/port"] != strconv.Itoa(portOf(t, metricsAddr)) {
		t.Errorf("Prometheus is sent to %v, the metrics are on %s", notes, cfg.Metrics)
	}
	for _, e := range documents(t, "kubernetes/podmonitor.yaml")["PodMonitor/lianmai"].Spec.Endpoints {
		if ports[e.Port] == 0 || e.Path != "/metrics" {
			t.Errorf("the PodMonitor asks %+v", e)
		}
	}
}

// checkHardening fails the test for rights that the program does not need.
func checkHardening(t *testing.T, pod, container map[string]any) {
	t.Helper()
	if pod["runAsNonRoot"] != true || container["allowPrivilegeEscalation"] != false || container["readOnlyRootFilesystem"] != true {
		t.Errorf("securityContext: %v, %v", pod, container)
	}
}

func portOf(t *testing.T, addr string) int {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return tcp.Port
}

// unit returns the settings of the systemd unit; the last of a name counts.
func unit(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("lianmai.service")
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Za-z]+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		settings[m[1]] = m[2]
	}
	return settings
}

func TestTheUnitFitsTheProgram(t *testing.T) {
	u := unit(t)
	for key, want := range map[string]string{
		"ExecStart": "/usr/local/bin/lianmai serve --config /etc/lianmai.yaml", "KillMode": "mixed", "KillSignal": "SIGTERM",
		"ExecReload": "/bin/kill -HUP $MAINPID", "User": "lianmai", "Restart": "always", "LimitNICE": "-10", "LimitNOFILE": "65536", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
	} {
		if u[key] != want {
			t.Errorf("%s=%s, want %s", key, u[key], want)
		}
	}
	cfg, err := config.Load(config.Sources{File: "lianmai.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	stop, err := time.ParseDuration(u["TimeoutStopSec"])
	if need := cfg.Drain.DelayFor() + cfg.Drain.TimeoutFor() + 2*time.Second; err != nil || stop < need {
		t.Errorf("TimeoutStopSec=%s, a stop may take %v", u["TimeoutStopSec"], need)
	}
	if !strings.Contains(u["Environment"], "LIANMAI_DATA=%S/"+u["StateDirectory"]) {
		t.Errorf("Environment=%s does not keep its data in StateDirectory=%s", u["Environment"], u["StateDirectory"])
	}
}
