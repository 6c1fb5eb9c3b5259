package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/pflag"

	"github.com/lianmai/lianmai/admission"
	"github.com/lianmai/lianmai/config"
)

// addCapacityFlags adds the flags of `lianmai serve` that are about what mixes may take.
func addCapacityFlags(flags *pflag.FlagSet, defaults config.Config) {
	flags.String("capacity-cores", defaults.Capacity.Cores, "how many cores mixes may take, `N` such as 3.5; auto: those of the machine or its control group; off: no bound")
	flags.String("capacity-memory", defaults.Capacity.Memory, "how much memory mixes may take, `SIZE` such as 6GB; auto or off")
	flags.String("worker-memory", defaults.Worker.Memory, "the most memory of the process of one mix, `SIZE` from 256MB, or off; one that wants more is replaced")
	flags.String("worker-nice", defaults.Worker.Nice, "niceness that is added to those processes, `N` from 0 to 19")
}

// noBound is more than any machine has.
const noBound = 1 << 60

// openAdmission returns what decides how many mixes this machine carries.
func openAdmission(cfg config.Capacity, log *slog.Logger) (*admission.Controller, error) {
	cores, coresBounded := cfg.CoreCount()
	memory, memoryBounded := cfg.MemoryBytes()
	capacity := admission.Capacity{Cores: cores, Memory: memory}
	if coresBounded && cores == 0 || memoryBounded && memory == 0 {
		machine, err := admission.Machine(os.DirFS("/"))
		if err != nil {
			return nil, fmt.Errorf("%w: say what there is with --capacity-cores and --capacity-memory", err)
		}
		if cores == 0 {
			capacity.Cores = machine.Cores
		}
		if memory == 0 {
			capacity.Memory = machine.Memory
		}
	}
	if !coresBounded {
		capacity.Cores = noBound
	}
	if !memoryBounded {
		capacity.Memory = noBound
	}
	if coresBounded && memoryBounded {
		log.Info("capacity for mixes", "cores", capacity.Cores, "memory_mb", capacity.Memory>>20)
	}
	return admission.New(capacity), nil
}
