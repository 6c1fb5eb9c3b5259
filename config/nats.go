package config

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// NATS says where what must survive is kept, when that is not the folder Data.
type NATS struct {
	// URL is that of a NATS server with JetStream, or of several with commas between
	// them: nats:// or tls://. Default: none, a server inside the process keeps it in Data.
	URL string `koanf:"nats"`
	// Credentials is a file with what lets in there. Default: none.
	Credentials string `koanf:"nats-credentials"`
	// Replicas is how many of the servers keep everything: 1 (default), 3 or 5.
	// An empty one is 1.
	Replicas string `koanf:"nats-replicas"`
	// Node names this service among those that share the servers. Default: the host's name.
	Node string `koanf:"node"`
}

// nodePattern is how a node is spelled.
var nodePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// ReplicaCount returns Replicas of validated NATS.
func (n NATS) ReplicaCount() int { return int(cmp.Or(n.Replicas, "1")[0] - '0') }

// validate returns every value that is wrong, each an ErrValue. A URL may hold a password
// and is not repeated.
func (n NATS) validate() (faults []error) {
	if n.URL != "" && !isNATS(n.URL) {
		faults = append(faults, fmt.Errorf("%w: nats: want nats://host:4222 or tls://host:4222, or several with commas between them", ErrValue))
	}
	if n.URL == "" {
		for key, value := range map[string]string{"nats-credentials": n.Credentials, "node": n.Node} {
			if value != "" {
				faults = append(faults, fmt.Errorf("%w: %s: it says nothing without nats", ErrValue, key))
			}
		}
	}
	if n.Node != "" && !nodePattern.MatchString(n.Node) {
		faults = append(faults, fmt.Errorf("%w: node: %q; want 1–64 letters, digits, '_', '.' or '-', a letter or digit first", ErrValue, n.Node))
	}
	if !slices.Contains([]string{"", "1", "3", "5"}, n.Replicas) {
		faults = append(faults, fmt.Errorf("%w: nats-replicas: %q; want 1, 3 or 5", ErrValue, n.Replicas))
	}
	return faults
}

// isNATS says whether text is one URL of a NATS server or several.
func isNATS(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "" {
			return false
		}
	}
	return true
}
