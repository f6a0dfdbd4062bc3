package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// down ends the node if it runs and removes what remains. It says what it removed, one line each; nothing to do is no error.
func down(settings Settings) error {
	var faults []error
	if _, err := findLink(settings); err != nil {
		return err
	}
	if record, alive := readRecord(settings); alive {
		if err := kill(settings); err != nil {
			return err
		}
		fmt.Printf("ended the node (process %d) with everything in it\n", record.PID)
	}
	if removed, err := removeLink(settings); err != nil {
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
	for limit := time.Now().Add(5 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		// Gone altogether, not only dead: the machine's own first process has collected it.
		if !exists(filepath.Join("/proc", strconv.Itoa(record.PID))) {
			return nil
		}
	}
	if _, alive := readRecord(settings); !alive {
		return nil // a machine whose first process collects nothing: a dead entry stays in its process list
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
