package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/config"
)

// newHealthcheckCommand returns the hidden command by which a container asks the
// server beside it whether it is well: its image has no curl.
func newHealthcheckCommand() *cobra.Command {
	var file string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:    "healthcheck",
		Short:  "ask the server of this machine whether it is well",
		Hidden: true,
		Args:   args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd, file)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return checkHealth(ctx, cfg.HTTP, cfg.TLS.Cert != "")
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the server's configuration `FILE`")
	cmd.Flags().String("http", config.Default().HTTP, "the server's HTTP `ADDR`")
	cmd.Flags().DurationVar(&timeout, "timeout", 2*time.Second, "how long to wait for the answer")
	return cmd
}

// checkHealth asks /healthz of the server that listens on addr, over TLS if encrypted. It
// returns nil if the answer is 200.
func checkHealth(ctx context.Context, addr string, encrypted bool) error {
	resp, err := getLocal(ctx, addr, encrypted, "/healthz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 256)) // only to say more
		return fmt.Errorf("not healthy: %s %s", resp.Status, why)
	}
	return nil
}

// getLocal asks the server of this machine that listens on addr for path, over TLS if
// encrypted. The caller closes the answer's body.
func getLocal(ctx context.Context, addr string, encrypted bool, path string) (*http.Response, error) {
	target, err := dialAddress(addr)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if encrypted {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+target+path, nil)
	if err != nil {
		return nil, err
	}
	// Straight to this machine, whatever proxy the environment names, and whatever name its
	// certificate has: nothing secret is said.
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true},
	}}
	return client.Do(req)
}

// dialAddress returns where to reach a server of this machine that listens on addr:
// one that listens on all interfaces is reached over loopback.
func dialAddress(addr string) (string, error) {
	if !config.Enabled(addr) {
		return "", errors.New("the server's HTTP listener is off: nothing to ask")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && ip == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && ip == netip.IPv6Unspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
