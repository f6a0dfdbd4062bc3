package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func copyFile(source, target string) error {
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		return err
	}
	return to.Close()
}

// lockFile waits until no other process holds path, then holds it until the file is closed or this process ends.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// lastLines gathers the ends of the logs in folder, for an error message.
func lastLines(folder string, count int) string {
	var text strings.Builder
	logs, _ := filepath.Glob(filepath.Join(folder, "*.log"))
	for _, log := range logs {
		content, err := os.ReadFile(log)
		if err != nil || len(content) == 0 {
			continue
		}
		lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
		if len(lines) > count {
			lines = lines[len(lines)-count:]
		}
		text.WriteString("--- " + filepath.Base(log) + "\n" + strings.Join(lines, "\n") + "\n")
	}
	return text.String()
}
