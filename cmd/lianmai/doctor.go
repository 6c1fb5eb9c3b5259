package main

import (
	"cmp"
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/config"
)

// verdicts of a check, as they are written.
const (
	verdictOK   = "ok"
	verdictWarn = "warn" // it works, but not as well as it could, or not for long
	verdictFail = "fail" // it does not work
)

// finding is what a check of this machine found.
type finding struct {
	Check   string `json:"check"`
	Verdict string `json:"verdict"`
	Found   string `json:"found"`
	// Do says what to do about it; empty for ok.
	Do string `json:"do,omitempty"`
}

func fine(check, found string) finding { return finding{check, verdictOK, found, ""} }

func warn(check, found, do string) finding { return finding{check, verdictWarn, found, do} }

func fail(check, found, do string) finding { return finding{check, verdictFail, found, do} }

// newDoctorCommand returns the command that looks for what is wrong with this machine
// or with the settings.
func newDoctorCommand() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with this machine or the settings",
		Long: `Say what is wrong with this machine or the settings, and what to do about it: the
codecs in this binary, fonts, CPUs, limits, the kernel, the clock, the folder of --data,
ports, who may call and publish, where the service may connect, certificates, and files
with secrets. It takes the flags of serve. Run it as the user that runs the service, in
the same container or unit: limits and rights are that process's.

It changes nothing but for a file in --data that it writes and removes, and takes less
than a second. Exit code 1 means that something fails; warnings do not count.`,
		Example: `  lianmai doctor
  lianmai doctor --config /etc/lianmai.yaml
  lianmai doctor --grpc :7070 --tokens tokens.yaml --data /var/lib/lianmai
  lianmai doctor --config /etc/lianmai.yaml --json`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := cmp.Or(file, os.Getenv(config.EnvPrefix+"CONFIG"))
			cfg, err := config.Load(config.Sources{File: path, Env: os.LookupEnv, Flags: cmd.Flags()})
			if err == nil {
				cfg, err = withWebhookFlags(cfg, cmd.Flags())
			}
			findings := examine(thisMachine(cmd.Context()), cfg, path, err)
			if err := newPrinter(cmd.OutOrStdout()).findings(findings, asJSON); err != nil {
				return err
			}
			for _, f := range findings {
				if f.Verdict == verdictFail {
					return silentError{exitFailed}
				}
			}
			return nil
		},
	}
	flags, defaults := cmd.Flags(), config.Default()
	flags.StringVar(&file, "config", "", "the service's YAML `FILE` with settings")
	flags.String("grpc", defaults.GRPC, "where the API is to listen, `HOST:PORT`")
	flags.String("http", defaults.HTTP, "where the probes are to listen, `HOST:PORT`, or off")
	flags.String("rtmp", defaults.RTMP, "where the RTMP origin is to listen, `HOST:PORT`, or off")
	flags.String("metrics", defaults.Metrics, "where Prometheus is to find /metrics, `HOST:PORT`, http or off")
	flags.String("pprof", defaults.PProf, "where Go's profiles are to be, `HOST:PORT` of loopback, or off")
	addStoreFlags(flags, defaults)
	addGuardFlags(flags)
	addWebhookFlags(flags)
	flags.BoolVar(&asJSON, "json", false, "write a list of JSON objects: check, verdict (ok, warn, fail), found, do")
	return cmd
}

// examine returns what every check found. path is the file of the settings, which are
// cfg unless loadErr says what is wrong with them.
func examine(m machine, cfg config.Config, path string, loadErr error) []finding {
	findings := []finding{checkSettings(m, path, loadErr)}
	for _, check := range []func(machine) finding{
		checkFFmpeg, checkFonts, checkCPU, checkCPULimit, checkProcs, checkMemory, checkPriority, checkOpenFiles, checkTasks, checkClock,
	} {
		findings = append(findings, check(m))
	}
	findings = append(findings, checkKernel(m)...)
	if loadErr != nil {
		return findings // where it would listen and write is not known
	}
	findings = append(findings, checkData(m, cfg.Data, cfg.NATS.URL)...)
	findings = append(findings, checkNATS(m, cfg.NATS)...)
	findings = append(findings, checkPorts(m, cfg)...)
	findings = append(findings, checkGuards(m, cfg)...)
	findings = append(findings, checkSecrets(m, cfg.Values())...)
	findings = append(findings, checkPublishKey(m, path, cfg.Publish)...)
	return append(findings, checkWebhooks(m, cfg.Webhooks)...)
}

// findings writes what was found, for people or as JSON.
func (p printer) findings(all []finding, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(p.w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(all)
	}
	width, colours := 0, map[string]colour{verdictOK: green, verdictWarn: yellow, verdictFail: red}
	counts := map[string]int{}
	for _, f := range all {
		width = max(width, len(f.Check))
	}
	for _, f := range all {
		counts[f.Verdict]++
		if err := p.printf("%s  %s  %s", p.paint(colours[f.Verdict], pad(f.Verdict, 4)), pad(f.Check, width), printable(f.Found)); err != nil {
			return err
		}
		if f.Do == "" {
			continue
		}
		if err := p.printf("%s  → %s", pad("", 4+2+width), printable(f.Do)); err != nil {
			return err
		}
	}
	return p.printf("%d ok, %s, %d failed", counts[verdictOK], plural(counts[verdictWarn], "warning"), counts[verdictFail])
}
