package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// failedFile lists components that have ended; status reads it. It lies in the log folder, which the host sees too.
const failedFile = "/var/log/failed"

// supervise starts the components, reaps every process of the node and reports components that end.
// It restarts nothing: a component that ends is a fault to be seen, and `stop` then `start` takes seconds.
func supervise(settings Settings) error {
	children := make(chan os.Signal, 64)
	signal.Notify(children, syscall.SIGCHLD)
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGINT)
	note("node %s, Kubernetes %s", settings.Name, settings.Version)
	names := map[int]string{}
	waiting := components(settings)
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		var later []component
		for _, one := range waiting {
			if one.after != nil && !one.after() {
				later = append(later, one)
				continue
			}
			pid, err := launch(one)
			if err != nil {
				return fmt.Errorf("start %s: %w", one.name, err)
			}
			names[pid] = one.name
			note("%s started", one.name)
		}
		waiting = later
		if len(waiting) == 0 {
			ticks.Stop()
		}
		select {
		case <-ends:
			note("told to end")
			return nil
		case <-children:
			reap(names)
		case <-ticks.C:
			reap(names)
		}
	}
}

// reap collects what has ended. Process 1 is the parent of every orphan of the node, so it takes any child.
func reap(names map[int]string) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if pid <= 0 || err != nil {
			return
		}
		name, ours := names[pid]
		if !ours {
			continue
		}
		delete(names, pid)
		how := fmt.Sprintf("exit code %d", status.ExitStatus())
		if status.Signaled() {
			how = "signal " + status.Signal().String()
		}
		note("%s ended: %s; see its log %s.log", name, how, name)
		if file, err := os.OpenFile(failedFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err == nil {
			fmt.Fprintf(file, "%s (%s)\n", name, how)
			file.Close()
		}
	}
}

func launch(one component) (int, error) {
	log, err := os.OpenFile(filepath.Join("/var/log", one.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	path, err := exec.LookPath(one.command[0])
	if err != nil {
		return 0, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	process, err := os.StartProcess(path, one.command, &os.ProcAttr{
		Dir:   "/",
		Env:   []string{"PATH=" + os.Getenv("PATH"), "HOME=/tmp"},
		Files: []*os.File{null, log, log},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, err
	}
	pid := process.Pid
	return pid, process.Release()
}

// answers tells whether something accepts connections at address.
func answers(address string) bool {
	connection, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

var apiSeen bool

// apiReady asks the API server inside the node. Its certificate is not checked: only the node's own processes can listen there.
func apiReady() bool {
	if apiSeen {
		return true
	}
	client := http.Client{
		Timeout:   time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}, //nolint:gosec
	}
	response, err := client.Get("https://127.0.0.1:" + apiPort + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	apiSeen = response.StatusCode == http.StatusOK
	return apiSeen
}

func note(format string, values ...any) {
	fmt.Printf("%s "+format+"\n", append([]any{time.Now().UTC().Format("15:04:05.000")}, values...)...)
}
