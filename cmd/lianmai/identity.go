package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/lianmai/lianmai/config"
)

// tokenEnv names the variable with the default of --token.
const tokenEnv = config.EnvPrefix + "TOKEN"

// maxTokenFile bounds a file with a token, in bytes.
const maxTokenFile = 4096

// identity is who commands are to the service, and how they know the service.
type identity struct {
	token, tokenFile string
	tls              bool
	ca, cert, key    string
}

// register adds the flags.
func (i *identity) register(flags *pflag.FlagSet) {
	flags.StringVar(&i.token, "token", "", "the `TOKEN` to call with; others of this machine can see it, so better "+tokenEnv+" or --token-file")
	flags.StringVar(&i.tokenFile, "token-file", "", "`FILE` that holds the token")
	flags.BoolVar(&i.tls, "tls", false, "speak TLS; --ca and --cert imply it")
	flags.StringVar(&i.ca, "ca", "", "PEM `FILE` of the authorities that the service's certificate is from; default the system's")
	flags.StringVar(&i.cert, "cert", "", "PEM `FILE` of a client certificate")
	flags.StringVar(&i.key, "key", "", "PEM `FILE` of its private key")
}

// options returns how to connect. An error is a usageError, or a file's.
func (i *identity) options() ([]grpc.DialOption, error) {
	transport, err := i.transport()
	if err != nil {
		return nil, err
	}
	token, err := i.readToken()
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(transport)}
	if token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer(token)))
	}
	return options, nil
}

func (i *identity) transport() (credentials.TransportCredentials, error) {
	if (i.cert == "") != (i.key == "") {
		return nil, usagef("--cert and --key come together")
	}
	if !i.tls && i.ca == "" && i.cert == "" {
		return insecure.NewCredentials(), nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if i.ca != "" {
		pem, err := os.ReadFile(i.ca)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--ca: %s holds no certificate", i.ca)
		}
	}
	if i.cert != "" {
		pair, err := tls.LoadX509KeyPair(i.cert, i.key)
		if err != nil {
			return nil, fmt.Errorf("--cert, --key: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(conf), nil
}

// readToken returns the token; "" for none.
func (i *identity) readToken() (string, error) {
	token := i.token
	switch {
	case i.tokenFile != "" && token != "":
		return "", usagef("--token or --token-file, not both")
	case i.tokenFile != "":
		f, err := os.Open(i.tokenFile)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		defer f.Close() // read only: nothing can be lost
		text, err := io.ReadAll(io.LimitReader(f, maxTokenFile))
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		token = string(bytes.TrimSpace(text))
	case token == "":
		token = os.Getenv(tokenEnv)
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return "", usagef("the token holds what no token has; is it the token itself?")
		}
	}
	return token, nil
}

// bearer is a token that each call sends.
type bearer string

// GetRequestMetadata returns the header with the token.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity lets a service on loopback, or behind what encrypts, be called.
func (bearer) RequireTransportSecurity() bool { return false }
