package guard

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// CertificateFiles are where TLS's PEM files are.
type CertificateFiles struct {
	// Cert is the certificate with its chain, Key its private key.
	Cert, Key string
	// ClientCA are the authorities whose client certificates are taken; empty for none.
	ClientCA string
}

// Certificates are what a TLS server shows and takes. They are read again when their
// files have changed, so that they can be renewed. Safe for concurrent use.
type Certificates struct {
	files CertificateFiles
	log   *slog.Logger
	watch *watched

	mu  sync.Mutex
	now *tls.Config
}

// OpenCertificates reads the files. log is told of later readings. Errors: ErrFile.
func OpenCertificates(files CertificateFiles, log *slog.Logger) (*Certificates, error) {
	paths := []string{files.Cert, files.Key}
	if files.ClientCA != "" {
		paths = append(paths, files.ClientCA)
	}
	c := &Certificates{files: files, log: log, watch: watch(paths...)}
	c.watch.changed(true)
	return c, c.read()
}

// Reload reads the files now. Errors: ErrFile; what was read before stays in force.
func (c *Certificates) Reload() error {
	c.watch.changed(true)
	return c.read()
}

func (c *Certificates) read() error {
	certPEM, err := readFile(c.files.Cert)
	if err != nil {
		return err
	}
	keyPEM, err := readFile(c.files.Key)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("%w: %s and %s: %w", ErrFile, c.files.Cert, c.files.Key, err)
	}
	next := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.files.ClientCA != "" {
		pem, err := readFile(c.files.ClientCA)
		if err != nil {
			return err
		}
		next.ClientCAs = x509.NewCertPool()
		if !next.ClientCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%w: %s holds no certificate", ErrFile, c.files.ClientCA)
		}
		// Who has none may still have a token, or ask for the health.
		next.ClientAuth = tls.VerifyClientCertIfGiven
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = next
	return nil
}

// current returns what is in force.
func (c *Certificates) current() *tls.Config {
	if c.watch.changed(false) {
		if err := c.read(); err != nil {
			c.log.Error("certificates cannot be read again: those from before stay in force", "error", err)
		} else {
			c.log.Info("certificates read again", "file", c.files.Cert)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Config returns a configuration for a server that speaks protocols, the best first, over
// TLS 1.2 or later. Each handshake takes what is in force.
func (c *Certificates) Config(protocols ...string) *tls.Config {
	var mu sync.Mutex
	var from, made *tls.Config
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: protocols,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			now := c.current()
			mu.Lock()
			defer mu.Unlock()
			if now != from {
				from, made = now, now.Clone()
				made.NextProtos = slices.Clone(protocols)
			}
			return made, nil
		},
	}
}
