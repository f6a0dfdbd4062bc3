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

	"golang.org/x/sys/unix"
)

const groupsTop = "/sys/fs/cgroup"

// supervisorGroup holds the node's own processes under version 2, where a group with subgroups may hold none itself.
const supervisorGroup = "supervisor"

// unified tells version 2 (one hierarchy) from version 1 (a folder for each controller).
func unified() bool {
	return exists(groupsTop + "/cgroup.controllers")
}

// enterGroup puts process pid into the node's group under version 2. There the node then makes that group the root of
// a control group namespace and mounts it as its own /sys/fs/cgroup: what it switches on, it switches on below its group.
// Version 1 needs none of this: the kubelet creates folders below ours and changes nothing above.
func enterGroup(name string, pid int) error {
	if !unified() {
		return nil
	}
	return os.WriteFile(filepath.Join(groupsTop, name, "cgroup.procs"), []byte(fmt.Sprint(pid)), 0o644)
}

// delegateGroups runs inside the namespace, at its root: it moves this process into a group of its own
// and passes every controller on to the groups beside it.
func delegateGroups(top string) error {
	own := filepath.Join(top, supervisorGroup)
	if err := os.MkdirAll(own, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte("0"), 0o644); err != nil {
		return fmt.Errorf("enter %s: %w", own, err)
	}
	available, err := os.ReadFile(filepath.Join(top, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, controller := range strings.Fields(string(available)) {
		if err := os.WriteFile(filepath.Join(top, "cgroup.subtree_control"), []byte("+"+controller), 0o644); err != nil {
			note("control group controller %s cannot be passed on: %v", controller, err)
		}
	}
	return nil
}

// enterGroupNamespace gives this process a control group namespace and starts the program anew in it:
// the system call moves one thread only, and a new start leaves just that one.
func enterGroupNamespace(arguments []string) error {
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("control group namespace: %w", err)
	}
	return syscall.Exec("/proc/self/exe", arguments, os.Environ())
}

// controlGroupRoots are the mounted hierarchies: one folder for each controller (version 1) or the one of version 2.
func controlGroupRoots() []string {
	if unified() {
		return []string{groupsTop}
	}
	entries, _ := os.ReadDir(groupsTop)
	var roots []string
	for _, entry := range entries {
		path := filepath.Join(groupsTop, entry.Name())
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
