package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/lianmai/lianmai/internal/bounded"
)

// maxFile bounds the configuration file, in bytes.
const maxFile = 1 << 20

// EnvPrefix begins the name of every variable that Load reads.
const EnvPrefix = "LIANMAI_"

// Sources are where Load looks.
type Sources struct {
	// File is the path of a YAML file; empty for none.
	File string
	// Env looks a variable up, as os.LookupEnv does; nil for none.
	Env func(name string) (string, bool)
	// Flags that were set on the command line count; a flag that is named like no key
	// is left alone. nil for none.
	Flags *pflag.FlagSet
}

// Load returns the configuration that src gives. Errors: ErrFile, ErrUnknownKey,
// ErrValue; everything that is wrong is told at once.
func Load(src Sources) (Config, error) {
	all := koanf.New(".")
	if err := all.Load(structs.Provider(Default(), "koanf"), nil); err != nil {
		return Config{}, fmt.Errorf("config: defaults: %w", err)
	}
	keys := all.Keys()
	if src.File != "" {
		values, err := readFile(src.File, keys)
		if err != nil {
			return Config{}, err
		}
		if err := all.Merge(values); err != nil {
			return Config{}, fmt.Errorf("%w: %s: %w", ErrFile, src.File, err)
		}
	}
	if src.Env != nil {
		for _, key := range keys {
			if value, ok := src.Env(envName(key)); ok {
				if err := all.Set(key, value); err != nil {
					return Config{}, fmt.Errorf("%w: %s: %w", ErrValue, envName(key), err)
				}
			}
		}
	}
	if src.Flags != nil {
		if err := all.Load(flagLayer(src.Flags, keys, all), nil); err != nil {
			return Config{}, fmt.Errorf("config: flags: %w", err)
		}
	}
	var cfg Config
	if err := all.Unmarshal("", &cfg); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrValue, err)
	}
	return cfg, cfg.Validate()
}

// envName returns the variable of a key: log.level is LIANMAI_LOG_LEVEL.
func envName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// flagLayer reads the flags that are named like keys: log.level is --log-level.
func flagLayer(flags *pflag.FlagSet, keys []string, under *koanf.Koanf) koanf.Provider {
	return posflag.ProviderWithFlag(flags, ".", under, func(f *pflag.Flag) (string, any) {
		for _, key := range keys {
			if strings.ReplaceAll(key, ".", "-") == f.Name {
				return key, posflag.FlagVal(flags, f)
			}
		}
		return "", nil
	})
}

// readFile returns the values of a file that has no keys but keys.
func readFile(path string, keys []string) (*koanf.Koanf, error) {
	text, err := bounded.ReadFile(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return parse(text, path, keys)
}

// parse reads YAML; path is for errors.
func parse(text []byte, path string, keys []string) (*koanf.Koanf, error) {
	values := koanf.New(".")
	if err := values.Load(bytesLayer(text), yaml.Parser()); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFile, path, err)
	}
	var faults []error
	for _, key := range values.Keys() {
		if !slices.Contains(keys, key) {
			faults = append(faults, unknownKey(path, key, keys))
		} else if n, ok := values.Get(key).(int); ok {
			faults = append(faults, values.Set(key, strconv.Itoa(n)))
		} else if b, ok := values.Get(key).(bool); ok {
			faults = append(faults, values.Set(key, strconv.FormatBool(b)))
		} else if text, ok := joinList(values.Get(key)); ok && isList(key) {
			faults = append(faults, values.Set(key, text))
		} else if text, ok := webhooksText(key, values.Get(key)); ok {
			faults = append(faults, values.Set(key, text))
		} else if _, ok := values.Get(key).(string); !ok {
			faults = append(faults, fmt.Errorf("%w: %s: %s must be text, such as %q", ErrValue, path, key, "…"))
		}
	}
	return values, errors.Join(faults...)
}

// bytesLayer is a koanf.Provider of text.
type bytesLayer []byte

// ReadBytes returns the text.
func (b bytesLayer) ReadBytes() ([]byte, error) { return b, nil }

// Read is not for text.
func (b bytesLayer) Read() (map[string]any, error) {
	return nil, errors.New("config: text needs a parser")
}

// unknownKey names the key and what it may have been meant to be.
func unknownKey(path, key string, keys []string) error {
	if near := nearKeys(key, keys); len(near) > 0 {
		return fmt.Errorf("%w: %s: %q; did you mean %s?", ErrUnknownKey, path, key, strings.Join(near, " or "))
	}
	return fmt.Errorf("%w: %s: %q; the keys are %s", ErrUnknownKey, path, key, strings.Join(keys, ", "))
}
