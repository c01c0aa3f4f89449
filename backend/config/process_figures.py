"""Memory, processor time and open files of the processes that count into one folder, and which Fieldbeat they are."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.kit.version import VERSION


class ProcessFigures(Collector):
    """Without a folder, those of this process alone."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Looks at each process that still runs."""
        build = GaugeMetricFamily("fieldbeat_build_info", "Which Fieldbeat this is.", labels=["version", "python"])
        build.add_metric([VERSION, platform.python_version()], 1)
        yield build
        labels = ["process", "pid"]
        memory = GaugeMetricFamily("fieldbeat_process_resident_bytes", "Memory of a process.", labels=labels)
        files = GaugeMetricFamily("fieldbeat_process_open_files", "Open files and lines of a process.", labels=labels)
        seconds = CounterMetricFamily("fieldbeat_process_cpu_seconds", "Processor time of a process.", labels=labels)
        for process in self._processes():
            try:
                with process.oneshot():
                    named = [_role(process), str(process.pid)]
                    used, times, opened = process.memory_info().rss, process.cpu_times(), process.num_fds()
            except psutil.Error:  # it ended in this very moment, or its number is somebody else's by now
                continue
            memory.add_metric(named, used)
            files.add_metric(named, opened)
            seconds.add_metric(named, times.user + times.system)
        yield from (memory, files, seconds)

    def _processes(self) -> Iterator[psutil.Process]:
        pids = {os.getpid()}
        if self._folder is not None:
            pids |= {
                int(number) for file in self._folder.glob("*.db") if (number := file.stem.rsplit("_", 1)[-1]).isdigit()
            }
        for pid in sorted(pids):
            if psutil.pid_exists(pid):
                try:
                    yield psutil.Process(pid)
                except psutil.Error:
                    continue


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    for role in ("web", "worker", "jobs"):
        if role in words[1:5]:
            return role
    return "other"
