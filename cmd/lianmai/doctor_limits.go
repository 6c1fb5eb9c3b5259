package main

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// What a machine should have.
const (
	leastFiles   = 4096 // descriptors: some twenty for each mix, one for each call and publisher
	leastMemory  = 1 << 30
	tickNice     = 10   // by how much the thread of the ticks goes before others
	tickRealTime = 1    // the real-time priority of that thread
	capNice      = 23   // CAP_SYS_NICE
	leastTasks   = 1024 // threads: some thirty for each mix
	leastBacklog = 1024
	leastBuffer  = 1 << 20 // of a TCP connection, in bytes
)

// programYear is a year before which this program was not written.
const programYear = 2025

// checkFFmpeg looks for the codecs without which nothing works.
func checkFFmpeg(m machine) finding {
	const name = "ffmpeg"
	var missing []string
	for _, d := range []string{"h264", "hevc", "aac", "mp3float", "png", "mjpeg"} {
		if !m.decoder(d) {
			missing = append(missing, "decoder "+d)
		}
	}
	for _, e := range []string{"libx264", "aac"} {
		if !m.encoder(e) {
			missing = append(missing, "encoder "+e)
		}
	}
	if len(missing) > 0 {
		return fail(name, m.ffmpeg+" without "+strings.Join(missing, ", "), "build with the FFmpeg that `make deps` makes, or install a complete one of series 7")
	}
	if !strings.HasPrefix(strings.TrimPrefix(m.ffmpeg, "n"), "7.") {
		return warn(name, m.ffmpeg+", tested is 7.1", "use FFmpeg 7.1")
	}
	return fine(name, m.ffmpeg+" with H.264, HEVC, AAC and x264")
}

func checkFonts(m machine) finding {
	if !m.chinese() {
		return warn("fonts", "no font has Chinese letters: names show as a silhouette", "install fonts-noto-cjk or fonts-wqy-microhei")
	}
	return fine("fonts", "Chinese letters can be drawn")
}

// checkCPU looks for the instructions that the compositor and x264 are fast with.
func checkCPU(m machine) finding {
	const name = "cpu"
	found := fmt.Sprintf("%d × %s", m.cpus, m.arch)
	if m.cpus < 2 {
		return warn(name, found, "use at least 2: ticks are late while something else runs")
	}
	if info, err := m.read("/proc/cpuinfo"); err == nil && m.arch == "amd64" {
		if !hasWord(info, "avx2") {
			return warn(name, found+" without AVX2", "take a CPU with AVX2, or let the virtual machine see it (cpu model host): encoding costs twice as much without")
		}
		found += " with AVX2"
	}
	return fine(name, found)
}

// hasWord says whether a line of flags has this one.
func hasWord(text, word string) bool {
	for line := range strings.Lines(text) {
		if key, flags, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "flags" {
			return strings.Contains(" "+strings.TrimSpace(flags)+" ", " "+word+" ")
		}
	}
	return false
}

// checkCPULimit looks for a quota of the control group: a tick that comes when it is
// used up waits for up to 100 ms.
func checkCPULimit(m machine) finding {
	const name = "cpu limit"
	least := 0.0
	for _, text := range groupFiles(m, "cpu.max") {
		if quota, period, ok := strings.Cut(strings.TrimSpace(text), " "); ok && quota != "max" {
			q, errQ := strconv.ParseFloat(quota, 64)
			p, errP := strconv.ParseFloat(period, 64)
			if errQ == nil && errP == nil && p > 0 && (least == 0 || q/p < least) {
				least = q / p
			}
		}
	}
	switch {
	case least == 0:
		return fine(name, "none")
	case least < float64(m.cpus):
		return warn(name, fmt.Sprintf("%.1f of %d CPUs, by the control group", least, m.cpus),
			"raise or remove the limit (cpu limits of the pod, CPUQuota of the unit): a throttled tick is a late frame; bound the mixes instead")
	}
	return fine(name, fmt.Sprintf("%.1f CPUs", least))
}

// groupFiles returns what a file says in this process's control group and in those
// above it (version 2).
func groupFiles(m machine, file string) (texts []string) {
	own, err := m.read("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(own) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			if text, err := m.read(path.Join("/sys/fs/cgroup", dir, file)); err == nil {
				texts = append(texts, text)
			}
			if dir == "/" {
				return texts
			}
		}
	}
	return texts
}

func checkProcs(m machine) finding {
	if set := m.env("GOMAXPROCS"); set != "" {
		return warn("gomaxprocs", "GOMAXPROCS="+set+" is set and has no effect on those that mix", "remove it: each worker takes a few more than there are CPUs, because decoders hold them")
	}
	return fine("gomaxprocs", fmt.Sprintf("%d for %d CPUs, in each worker", m.cpus+spareProcs, m.cpus))
}

// checkMemory looks at what there is for this process, in the machine and its group.
func checkMemory(m machine) finding {
	const name = "memory"
	info, err := m.read("/proc/meminfo")
	if err != nil {
		return fine(name, "not known on "+m.os)
	}
	have, by := int64(0), "the machine"
	for line := range strings.Lines(info) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			have = kib << 10
		}
	}
	for _, text := range groupFiles(m, "memory.max") {
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil && n < have {
			have, by = n, "the control group"
		}
	}
	found := fmt.Sprintf("%.1f GiB, by %s", float64(have)/(1<<30), by)
	if have < leastMemory {
		return warn(name, found, "give it 1 GiB and some 300 MB for each 720p mix")
	}
	return fine(name, found)
}

// checkPriority says whether the thread of the ticks may go before others.
func checkPriority(m machine) finding {
	const name = "priority"
	status, err := m.read("/proc/self/status")
	if err != nil {
		return fine(name, "not known on "+m.os)
	}
	for line := range strings.Lines(status) {
		if caps, ok := strings.CutPrefix(line, "CapEff:"); ok {
			if bits, err := strconv.ParseUint(strings.TrimSpace(caps), 16, 64); err == nil && bits&(1<<capNice) != 0 {
				return fine(name, "ticks may go before everything else (CAP_SYS_NICE)")
			}
		}
	}
	if soft, ok := limitOf(m, "Max realtime priority"); ok && soft >= tickRealTime {
		return fine(name, "ticks may go before everything else (RLIMIT_RTPRIO)")
	}
	const remedy = "set LimitRTPRIO=1 and LimitNICE=-10 in the unit, or run the container with --ulimit rtprio=1 --ulimit nice=30: on a machine at its limit ticks are late sooner without"
	// The limit is 20 less the nice value that is allowed.
	if soft, ok := limitOf(m, "Max nice priority"); ok && soft >= 20+tickNice {
		return warn(name, "ticks may go before decoders (RLIMIT_NICE), but wait for those of other mixes on the same processor", remedy)
	}
	return warn(name, "ticks may not go before decoders", remedy)
}

// limitOf returns a soft limit of this process; unlimited is the largest number.
func limitOf(m machine, name string) (soft int64, ok bool) {
	limits, err := m.read("/proc/self/limits")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(limits) {
		rest, ok := strings.CutPrefix(line, name)
		if f := strings.Fields(rest); ok && len(f) > 0 {
			if f[0] == "unlimited" {
				return 1<<63 - 1, true
			}
			n, err := strconv.ParseInt(f[0], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

func checkOpenFiles(m machine) finding {
	const name = "open files"
	soft, ok := limitOf(m, "Max open files")
	switch {
	case !ok:
		return fine(name, "not known on "+m.os)
	case soft < leastFiles:
		return warn(name, fmt.Sprintf("at most %d", soft), fmt.Sprintf("set LimitNOFILE=65536 in the unit, or ulimit -n %d", leastFiles))
	}
	return fine(name, fmt.Sprintf("at most %d", soft))
}

// checkTasks looks for a limit of processes and threads: each mix has a process of its own.
func checkTasks(m machine) finding {
	const name = "threads"
	least, by := int64(1<<63-1), ""
	for _, text := range groupFiles(m, "pids.max") {
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil && n < least {
			least, by = n, "the control group"
		}
	}
	if soft, ok := limitOf(m, "Max processes"); ok && soft < least {
		least, by = soft, "the limit of processes"
	}
	switch {
	case by == "":
		return fine(name, "no limit")
	case least < leastTasks:
		return warn(name, fmt.Sprintf("at most %d, by %s", least, by), fmt.Sprintf("raise it to %d (TasksMax of the unit, --pids-limit of the container, ulimit -u): each mix is a process with some thirty threads", leastTasks))
	}
	return fine(name, fmt.Sprintf("at most %d", least))
}

// checkClock looks whether the time can be right: tokens, certificates and the
// signatures of URLs go by it.
func checkClock(m machine) finding {
	const name = "clock"
	now := m.now().UTC()
	found := now.Format(time.DateTime) + " UTC"
	if now.Year() < programYear {
		return fail(name, found, "set the clock: certificates and signed URLs are refused")
	}
	switch synced, known := m.synced(); {
	case !known:
		return fine(name, found+"; whether it is kept right is not known")
	case !synced:
		return warn(name, found+"; nothing keeps it right", "run chrony or systemd-timesyncd: signed URLs and certificates go by the time")
	}
	return fine(name, found+", synchronised")
}

// checkKernel looks at settings of the network that hold up streams.
func checkKernel(m machine) (findings []finding) {
	for _, s := range []struct {
		name  string
		field int // of the numbers in the file
		least int64
		why   string
	}{
		{"net.core.somaxconn", 0, leastBacklog, "many publishers that come at once are refused"},
		{"net.ipv4.tcp_wmem", 2, leastBuffer, "a destination far away gets less than its bitrate"},
		{"net.ipv4.tcp_rmem", 2, leastBuffer, "a publisher far away is held up"},
	} {
		text, err := m.read("/proc/sys/" + strings.ReplaceAll(s.name, ".", "/"))
		f := strings.Fields(text)
		if err != nil || len(f) <= s.field {
			continue // no Linux, or a container that does not show it
		}
		n, err := strconv.ParseInt(f[s.field], 10, 64)
		if err != nil {
			continue
		}
		if n < s.least {
			wanted := append([]string{}, f...)
			wanted[s.field] = strconv.FormatInt(s.least, 10)
			findings = append(findings, warn(s.name, strings.Join(f, " "), fmt.Sprintf("sysctl -w %s=%q: %s", s.name, strings.Join(wanted, " "), s.why)))
			continue
		}
		findings = append(findings, fine(s.name, strings.Join(f, " ")))
	}
	return findings
}
