package admission

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// ErrMachine is returned when what the machine has cannot be read.
var ErrMachine = errors.New("admission: the machine's memory cannot be read")

// Capacity is what there is for mixes.
type Capacity struct {
	Cores  float64
	Memory int64 // bytes
}

// Machine returns the capacity of this machine, or of the control group that this
// process is in if that has less. root is the file system's root (os.DirFS("/")).
// Error: ErrMachine where there is no /proc.
func Machine(root fs.FS) (Capacity, error) {
	return machine(root, runtime.NumCPU())
}

func machine(root fs.FS, cpus int) (Capacity, error) {
	memory, err := totalMemory(root)
	if err != nil {
		return Capacity{}, err
	}
	c := Capacity{Cores: float64(cpus), Memory: memory}
	v2, v1 := groups(root)
	// Any group above may have a limit too.
	for _, dir := range upward("sys/fs/cgroup", v2) {
		c.limit(quota(read(root, dir+"/cpu.max")), number(read(root, dir+"/memory.max")))
	}
	for _, dir := range upward("sys/fs/cgroup/cpu", v1["cpu"]) {
		c.limit(quota(read(root, dir+"/cpu.cfs_quota_us")+" "+read(root, dir+"/cpu.cfs_period_us")), 0)
	}
	for _, dir := range upward("sys/fs/cgroup/memory", v1["memory"]) {
		c.limit(0, number(read(root, dir+"/memory.limit_in_bytes")))
	}
	return c, nil
}

// limit lowers the capacity; 0 is no limit.
func (c *Capacity) limit(cores float64, memory int64) {
	if cores > 0 {
		c.Cores = min(c.Cores, cores)
	}
	if memory > 0 {
		c.Memory = min(c.Memory, memory)
	}
}

// totalMemory reads /proc/meminfo.
func totalMemory(root fs.FS) (int64, error) {
	for line := range strings.Lines(read(root, "proc/meminfo")) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			if kb := number(fields[1]); kb > 0 && kb < 1<<53 {
				return kb << 10, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: /proc/meminfo has no MemTotal", ErrMachine)
}

// groups reads which control groups this process is in: of version 2, and by controller
// of version 1.
func groups(root fs.FS) (v2 string, v1 map[string]string) {
	v1 = map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader([]byte(read(root, "proc/self/cgroup"))))
	for lines.Scan() {
		id, rest, _ := strings.Cut(lines.Text(), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		switch {
		case !ok:
		case id == "0" && controllers == "":
			v2 = group
		default:
			for name := range strings.SplitSeq(controllers, ",") {
				v1[name] = group
			}
		}
	}
	return v2, v1
}

// upward returns the folder of a group below base, and those of all groups above it.
func upward(base, group string) []string {
	dirs := []string{base}
	dir := base
	for part := range strings.SplitSeq(path.Clean("/"+group), "/") {
		if part != "" {
			dir += "/" + part
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// quota reads "QUOTA PERIOD", in cores; 0 for "max", -1 and what is no quota.
func quota(s string) float64 {
	fields := strings.Fields(s)
	if len(fields) != 2 {
		return 0
	}
	q, period := number(fields[0]), number(fields[1])
	if q <= 0 || period <= 0 {
		return 0
	}
	return float64(q) / float64(period)
}

// number reads a number above 0; 0 for anything else.
func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// read returns a file's text, empty if there is none.
func read(root fs.FS, name string) string {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return string(data)
}
