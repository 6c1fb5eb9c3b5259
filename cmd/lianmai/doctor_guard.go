package main

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/webhook"
)

// renewal is how long before its end a certificate should have been renewed.
const renewal = 14 * 24 * time.Hour

// checkGuards says who may call and publish, and where the service may connect. What it
// fails, serve does not start with.
func checkGuards(m machine, cfg config.Config) []finding {
	findings := checkAccess(cfg)
	if cfg.TLS.Cert != "" {
		findings = append(findings, checkTLS(m, cfg.TLS))
	} else if cfg.Tokens != "" && cfg.CheckOpen() == nil && openWithout(cfg) {
		findings = append(findings, warn("tls", "none: tokens travel as plain text",
			"set tls.cert and tls.key, or let a proxy on the same machine encrypt"))
	}
	return append(findings, checkAllow(cfg.Allow))
}

// openWithout says whether the API or HTTP would be open to others if there were no tokens.
func openWithout(cfg config.Config) bool {
	cfg.Tokens, cfg.TLS.ClientCA, cfg.RTMP = "", "", config.Off
	return cfg.CheckOpen() != nil
}

// checkAccess says who may call and who may publish.
func checkAccess(cfg config.Config) (findings []finding) {
	const name = "access"
	if err := cfg.CheckOpen(); err != nil {
		for text := range strings.Lines(err.Error()) {
			text = strings.TrimPrefix(strings.TrimSpace(text), config.ErrOpen.Error()+": ")
			found, remedy, _ := strings.Cut(text, ": ")
			findings = append(findings, fail(name, found, remedy))
		}
		return findings
	}
	var callers []string
	if cfg.Tokens != "" {
		callers = append(callers, "tokens")
	}
	if cfg.TLS.ClientCA != "" {
		callers = append(callers, "client certificates")
	}
	calls, publishes := "everybody on this machine", "everybody on this machine"
	if len(callers) > 0 {
		calls = "who has one of the " + strings.Join(callers, " or ")
	}
	switch {
	case !config.Enabled(cfg.RTMP):
		publishes = "nobody, the origin is off"
	case cfg.Publish.Guarded():
		publishes = "who has a stream's key"
	}
	return []finding{fine(name, "calls: "+calls+"; publishes: "+publishes)}
}

// checkTLS reads the certificate as serve would, and says until when it is good.
func checkTLS(m machine, files config.TLS) finding {
	const name = "tls"
	if _, err := guard.OpenCertificates(guard.CertificateFiles(files), slog.New(slog.DiscardHandler)); err != nil {
		return fail(name, plainly(err), "name a certificate with its chain and the key that belongs to it, as PEM files")
	}
	text, err := os.ReadFile(files.Cert)
	if err != nil {
		return fail(name, err.Error(), "see that the service's user can read it")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fail(name, files.Cert+" is no PEM file", "name a PEM file")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fail(name, files.Cert+": "+err.Error(), "name another certificate")
	}
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	found := fmt.Sprintf("%s for %s until %s", files.Cert, cmp.Or(strings.Join(names, ", "), "no name"), cert.NotAfter.UTC().Format(time.DateOnly))
	switch now := m.now(); {
	case now.After(cert.NotAfter):
		return fail(name, found+", which is past", "renew it: nobody trusts it any more")
	case now.Before(cert.NotBefore):
		return fail(name, found+", not before "+cert.NotBefore.UTC().Format(time.DateTime), "wait, or set the clock")
	case now.Add(renewal).After(cert.NotAfter):
		return warn(name, found, "renew it; the service takes the new file by itself")
	case len(names) == 0:
		return warn(name, found, "take one with a subjectAltName: clients look at nothing else")
	}
	return fine(name, found)
}

// checkAllow says where the service may connect.
func checkAllow(allow config.Allow) finding {
	const name = "allow"
	policy := guard.Policy{Inputs: allow.Inputs(), Outputs: allow.Outputs(), Private: allow.PrivateToo()}
	if _, err := policy.Gate(); err != nil {
		return fail(name, plainly(err), "correct allow.input or allow.output")
	}
	inputs, outputs := "public addresses", "public addresses"
	if len(policy.Inputs) > 0 {
		inputs = strings.Join(policy.Inputs, ", ")
	}
	if len(policy.Outputs) > 0 {
		outputs = strings.Join(policy.Outputs, ", ")
	}
	found := "from " + inputs + "; to " + outputs
	if inputs == outputs {
		found = "from and to " + inputs
	}
	if policy.Private {
		return warn(name, found+"; private addresses too", "list them in allow.input and allow.output instead of allow.private: callers reach whatever this machine reaches")
	}
	return fine(name, found+"; and the origin inside")
}

// plainly returns what is wrong with a file or a list, without the words that say where in
// the program that was found.
func plainly(err error) string {
	text := err.Error()
	for _, known := range []error{guard.ErrFile, guard.ErrEntry} {
		text = strings.TrimPrefix(text, known.Error()+": ")
	}
	return text
}

// containerID is how Docker names a container that was given no name of its own.
var containerID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// checkNATS says whether a server of --nats answers, and as whom this service runs there.
func checkNATS(m machine, nats config.NATS) []finding {
	if nats.URL == "" {
		return nil
	}
	var talking, silent []string
	for part := range strings.SplitSeq(nats.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil {
			continue // Load has checked it
		}
		addr := net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "4222"))
		if err := m.reach(addr); err != nil {
			silent = append(silent, addr)
		} else {
			talking = append(talking, addr)
		}
	}
	answers := fine("nats", "reached at "+strings.Join(talking, ", "))
	switch {
	case len(talking) == 0:
		answers = fail("nats", "nobody answers at "+strings.Join(silent, ", "), "start it, or open the way there")
	case len(silent) > 0:
		answers = warn("nats", answers.Found+"; not at "+strings.Join(silent, ", "), "see what is wrong there")
	}
	node := cmp.Or(nats.Node, m.host())
	if nats.Node == "" && containerID.MatchString(node) {
		return []finding{answers, warn("node", node+", the name of a container", "give a name that lasts with --node: the next container does not find the mixes of this one")}
	}
	return []finding{answers, fine("node", node)}
}

// checkWebhooks looks at where events are sent.
func checkWebhooks(m machine, hooks config.Webhooks) (findings []finding) {
	list, err := hooks.List()
	if err != nil {
		return nil // Load has told it
	}
	for i, hook := range list {
		name := fmt.Sprintf("webhooks[%d]", i)
		findings = append(findings, checkSettingsFile(m, name+".secret-file", "webhooks", hook.SecretFile, true))
		if strings.HasPrefix(hook.URL, "http://") && !strings.HasPrefix(hook.URL, "http://127.0.0.1") {
			findings = append(findings, warn(name+".url", "http: events travel as plain text", "take an https:// URL"))
		}
	}
	return findings
}

// holding says what a file of this kind has in it, read as serve would.
func holding(kind, path string) (found string, err error) {
	quiet := slog.New(slog.DiscardHandler)
	switch kind {
	case "tokens":
		if _, err := guard.OpenKeyring(path, quiet); err != nil {
			return "", err
		}
		entries, err := guard.Entries(path)
		return path + " with " + plural(len(entries), "token"), err
	case "publish.keys":
		_, err := guard.OpenStreamKeys(path, quiet)
		return path, err
	case "webhooks":
		secrets, err := webhook.ReadSecrets(path)
		return path + " with " + plural(len(secrets), "secret"), err
	}
	return path, nil
}
