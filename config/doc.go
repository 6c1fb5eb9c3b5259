// Package config reads how `lianmai serve` is set up.
//
// Its one noun is [Config]. [Load] makes it of four layers, each over the one before:
// defaults, a YAML file, environment variables, flags. A key has the same name in
// all of them: `log.level` is `log: {level: …}` in the file, LIANMAI_LOG_LEVEL in
// the environment and --log-level as a flag.
//
// Caveats: a key that nobody knows is an error in the file, where it is a spelling
// mistake; other variables that begin with LIANMAI_ are left alone, because
// container platforms set such for a service of that name.
package config
