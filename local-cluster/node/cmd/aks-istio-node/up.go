package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// readyLimit bounds the wait for the node; a warm start takes about five seconds on two idle cores.
const readyLimit = 3 * time.Minute

// up starts the node and waits until it is Ready; a second up waits for the first and finds it done.
// A node that is not well is ended first. Interrupted while it waits, it takes the node down again.
func up(settings Settings, settingsPath string) error {
	lock, err := lockFile(settingsPath + ".lock")
	if err != nil {
		return err
	}
	defer lock.Close()
	if healthy(settings) {
		fmt.Println("the node is already running")
		return nil
	}
	if err := down(settings); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := prepare(settings); err != nil {
		return err
	}
	began := time.Now()
	if err := begin(settings, settingsPath); err != nil {
		return errors.Join(err, kill(settings), down(settings))
	}
	fmt.Println("node process started; waiting for the API server")
	if err := waitReady(ctx, settings, began); err != nil {
		if ctx.Err() != nil {
			return errors.Join(err, down(settings))
		}
		reason := lastLines(filepath.Join(settings.State, "logs"), 12)
		_ = kill(settings)
		return fmt.Errorf("%w\n%s", err, reason)
	}
	return nil
}

// prepare fills the state folder: everything that the node mounts.
func prepare(settings Settings) error {
	for name, mode := range map[string]os.FileMode{
		"": 0o755, "logs": 0o755, "cni": 0o755, "containerd": 0o711, "kubelet": 0o755, "etcd": 0o700, "cni-bin": 0o755,
	} {
		if err := os.MkdirAll(filepath.Join(settings.State, name), mode); err != nil {
			return err
		}
	}
	config := filepath.Join(settings.State, "config")
	ca, err := makeCertificates(settings, filepath.Join(config, "pki"))
	if err != nil {
		return err
	}
	if err := writeConfiguration(settings, ca, config); err != nil {
		return err
	}
	plugins := filepath.Join(settings.Rootfs, "usr/lib/cni")
	for _, name := range []string{"ptp", "host-local", "portmap", "loopback"} {
		if err := copyFile(filepath.Join(plugins, name), filepath.Join(settings.State, "cni-bin", name)); err != nil {
			return err
		}
	}
	return makeControlGroups(settings.Name)
}

// begin starts process 1 in its namespaces. It waits at a gate until the record is written and the link is laid,
// so that whatever ends this command leaves either nothing or a node that can be found.
func begin(settings Settings, settingsPath string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	gateReader, gate, err := os.Pipe()
	if err != nil {
		return err
	}
	defer gateReader.Close()
	defer gate.Close()
	log, err := os.OpenFile(filepath.Join(settings.State, "logs", "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(self, "init", settingsPath)
	command.Env = []string{"PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	command.ExtraFiles = []*os.File{gateReader}
	command.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start the node's first process: %w", err)
	}
	pid := command.Process.Pid
	go func() { _ = command.Wait() }()
	if err := writeRecord(settings, pid); err != nil {
		_ = command.Process.Kill()
		return err
	}
	if err := enterGroup(settings.Name, pid); err != nil {
		return err
	}
	if err := makeLink(settings, pid); err != nil {
		return err
	}
	_, err = gate.Write([]byte{1})
	return err
}
