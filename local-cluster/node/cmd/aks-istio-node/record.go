package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Record is what a node leaves in its state folder so that a later command finds it, or finds that it is gone.
type Record struct {
	PID     int    `json:"pid"`     // of the node's process 1, as the host counts
	Started string `json:"started"` // that process's start time in clock ticks since boot: tells it from a later one with its number
	Boot    string `json:"boot"`    // identity of the machine's current boot
	Since   string `json:"since"`   // RFC 3339
	Address string `json:"address"` // of the node, without prefix length
	Link    string `json:"link"`
	Name    string `json:"name"`
}

func recordPath(settings Settings) string {
	return filepath.Join(settings.State, "node.json")
}

// startTime is the 22nd field of /proc/PID/stat; "" where the process is not there or has ended.
func startTime(pid int) string {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	text := string(content)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

func bootID() string {
	content, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(content))
}

func writeRecord(settings Settings, pid int) error {
	record := Record{
		PID:     pid,
		Started: startTime(pid),
		Boot:    bootID(),
		Since:   time.Now().UTC().Format(time.RFC3339),
		Address: bare(settings.NodeAddress),
		Link:    settings.Link,
		Name:    settings.Name,
	}
	content, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(recordPath(settings), append(content, '\n'), 0o644)
}

// readRecord returns the record and whether its process is alive; a zero record where there is none.
func readRecord(settings Settings) (Record, bool) {
	var record Record
	content, err := os.ReadFile(recordPath(settings))
	if err != nil || json.Unmarshal(content, &record) != nil {
		return Record{}, false
	}
	return record, record.Boot == bootID() && record.Started != "" && startTime(record.PID) == record.Started
}

// bare cuts the prefix length off an address.
func bare(address string) string {
	return strings.SplitN(address, "/", 2)[0]
}

// writeFile replaces a file at one stroke.
func writeFile(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return err
	}
	if err := os.Chmod(temporary, mode); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
