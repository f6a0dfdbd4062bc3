package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
)

// down ends the node if it runs and removes what remains. It says what it removed, one line each; nothing to do is no error.
func down(settings Settings) error {
	var faults []error
	if record, alive := readRecord(settings); alive {
		if err := kill(settings); err != nil {
			return err
		}
		fmt.Printf("ended the node (process %d) with everything in it\n", record.PID)
	}
	if removed, err := removeLink(settings.Link); err != nil {
		faults = append(faults, err)
	} else if removed {
		fmt.Printf("removed the network link %s\n", settings.Link)
	}
	if count, err := removeControlGroups(settings.Name); err != nil {
		faults = append(faults, err)
	} else if count > 0 {
		fmt.Printf("removed %d empty control groups\n", count)
	}
	if exists(settings.State) {
		if err := removeState(settings.State); err != nil {
			faults = append(faults, err)
		} else {
			fmt.Printf("removed %s\n", settings.State)
		}
	}
	return errors.Join(faults...)
}

// kill ends process 1; the kernel then ends every process of its namespace and drops its mounts and interfaces.
func kill(settings Settings) error {
	record, alive := readRecord(settings)
	if !alive {
		return nil
	}
	if err := syscall.Kill(record.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		if _, alive := readRecord(settings); !alive {
			return nil
		}
	}
	return fmt.Errorf("process %d does not end", record.PID)
}

// removeState refuses while anything is still mounted below the folder: then a process of the node has to be alive somewhere.
func removeState(state string) error {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], state+"/") {
			return fmt.Errorf("%s is mounted: %s is left alone", fields[1], state)
		}
	}
	var last error
	for try := 0; try < 20; try++ {
		if last = os.RemoveAll(state); last == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return last
}

// controlGroupRoots are the mounted hierarchies: one folder for each controller (version 1) or the one of version 2.
func controlGroupRoots() []string {
	const top = "/sys/fs/cgroup"
	if exists(top + "/cgroup.controllers") {
		return []string{top}
	}
	entries, _ := os.ReadDir(top)
	var roots []string
	for _, entry := range entries {
		path := filepath.Join(top, entry.Name())
		if entry.IsDir() && exists(path+"/cgroup.procs") {
			roots = append(roots, path)
		}
	}
	return roots
}

// makeControlGroups makes one group of our own in each hierarchy: the kubelet's whole tree lies below it.
func makeControlGroups(name string) error {
	for _, root := range controlGroupRoots() {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// removeControlGroups removes our groups from the leaves up. Groups empty a moment after their last process has ended.
func removeControlGroups(name string) (int, error) {
	count := 0
	var last error
	for _, root := range controlGroupRoots() {
		var folders []string
		_ = filepath.Walk(filepath.Join(root, name), func(path string, info os.FileInfo, err error) error {
			if err == nil && info.IsDir() {
				folders = append(folders, path)
			}
			return nil
		})
		sort.Sort(sort.Reverse(sort.StringSlice(folders)))
		for _, folder := range folders {
			for try := 0; try < 100; try++ {
				if last = syscall.Rmdir(folder); last == nil || errors.Is(last, syscall.ENOENT) {
					count++
					last = nil
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			if last != nil {
				return count, fmt.Errorf("control group %s: %w", folder, last)
			}
		}
	}
	return count, nil
}
