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
	"path/filepath"
	"strings"
	"time"
)

// administrator asks the API server from the host, with the certificates in the state folder.
type administrator struct {
	http.Client
	server string
}

func newAdministrator(settings Settings) (*administrator, error) {
	pki := filepath.Join(settings.State, "config", "pki")
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "admin.crt"), filepath.Join(pki, "admin.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &administrator{
		Client: http.Client{
			Timeout:   2 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}},
		},
		server: "https://" + bare(settings.NodeAddress) + ":" + apiPort,
	}, nil
}

// healthy tells whether the node runs, none of its components has ended and its API server answers.
func healthy(settings Settings) bool {
	if _, alive := readRecord(settings); !alive || failures(settings) != "" {
		return false
	}
	admin, err := newAdministrator(settings)
	return err == nil && admin.fetch("/readyz", nil)
}

// failures names the components that have ended, "" where none has.
func failures(settings Settings) string {
	content, _ := os.ReadFile(filepath.Join(settings.State, "logs", "failed"))
	return strings.TrimSpace(string(content))
}

func waitReady(ctx context.Context, settings Settings, began time.Time) error {
	admin, err := newAdministrator(settings)
	if err != nil {
		return err
	}
	apiUp := false
	for {
		if _, alive := readRecord(settings); !alive {
			return errors.New("the node's first process ended")
		}
		if failed := failures(settings); failed != "" {
			return fmt.Errorf("a component ended: %s", failed)
		}
		if !apiUp && admin.fetch("/readyz", nil) {
			apiUp = true
			fmt.Printf("API server ready after %.1f s; waiting for the node\n", time.Since(began).Seconds())
		}
		if apiUp && admin.nodeReady(settings.Name) {
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

func (a *administrator) nodeReady(name string) bool {
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	if !a.fetch("/api/v1/nodes/"+name, &node) {
		return false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True"
		}
	}
	return false
}

func (a *administrator) fetch(path string, into any) bool {
	response, err := a.Get(a.server + path)
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
