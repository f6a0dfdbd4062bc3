package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// readyLimit bounds the wait for the node; a warm start takes about five seconds on two idle cores.
const readyLimit = 3 * time.Minute

// up starts the node and waits until it is Ready. Interrupted while it waits, it takes the node down again.
func up(settings Settings, settingsPath string) error {
	if _, alive := readRecord(settings); alive {
		return errors.New("the node is already running")
	}
	if err := down(settings); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	ca, err := prepare(settings)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := begin(settings, settingsPath); err != nil {
		_ = down(settings)
		return err
	}
	fmt.Println("node process started; waiting for the API server")
	if err := waitReady(ctx, settings, ca, began); err != nil {
		reason := lastLines(filepath.Join(settings.State, "logs"), 12)
		_ = kill(settings)
		return fmt.Errorf("%w\n%s", err, reason)
	}
	return nil
}

// prepare fills the state folder: everything that the node mounts.
func prepare(settings Settings) (*authority, error) {
	for name, mode := range map[string]os.FileMode{
		"": 0o755, "logs": 0o755, "cni": 0o755, "containerd": 0o711, "kubelet": 0o755, "etcd": 0o700, "cni-bin": 0o755,
	} {
		if err := os.MkdirAll(filepath.Join(settings.State, name), mode); err != nil {
			return nil, err
		}
	}
	config := filepath.Join(settings.State, "config")
	ca, err := makeCertificates(settings, filepath.Join(config, "pki"))
	if err != nil {
		return nil, err
	}
	if err := writeConfiguration(settings, ca, config); err != nil {
		return nil, err
	}
	plugins := filepath.Join(settings.Rootfs, "usr/lib/cni")
	for _, name := range []string{"ptp", "host-local", "portmap", "loopback"} {
		if err := copyFile(filepath.Join(plugins, name), filepath.Join(settings.State, "cni-bin", name)); err != nil {
			return nil, err
		}
	}
	return ca, makeControlGroups(settings.Name)
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
	if err := makeLink(settings, pid); err != nil {
		return err
	}
	_, err = gate.Write([]byte{1})
	return err
}

func waitReady(ctx context.Context, settings Settings, ca *authority, began time.Time) error {
	pki := filepath.Join(settings.State, "config", "pki")
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "admin.crt"), filepath.Join(pki, "admin.key"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	client := &http.Client{
		Timeout:   2 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}},
	}
	server := "https://" + bare(settings.NodeAddress) + ":" + apiPort
	apiUp := false
	for {
		if _, alive := readRecord(settings); !alive {
			return errors.New("the node's first process ended")
		}
		if failed, err := os.ReadFile(filepath.Join(settings.State, "logs", "failed")); err == nil && len(failed) > 0 {
			return fmt.Errorf("a component ended: %s", strings.TrimSpace(string(failed)))
		}
		if !apiUp && fetch(client, server+"/readyz", nil) {
			apiUp = true
			fmt.Printf("API server ready after %.1f s; waiting for the node\n", time.Since(began).Seconds())
		}
		if apiUp && nodeReady(client, server+"/api/v1/nodes/"+settings.Name) {
			fmt.Printf("node Ready after %.1f s\n", time.Since(began).Seconds())
			return nil
		}
		if time.Since(began) > readyLimit {
			return fmt.Errorf("the node was not Ready within %s", readyLimit)
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func nodeReady(client *http.Client, url string) bool {
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	if !fetch(client, url, &node) {
		return false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True"
		}
	}
	return false
}

func fetch(client *http.Client, url string, into any) bool {
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return false
	}
	return into == nil || json.Unmarshal(content, into) == nil
}
