"""Reading beside Orthanc and nginx in the same run: ratios, never absolute promises. Storing is bench/intake.py's.

Debian's orthanc, orthanc-dicomweb, nginx-light and wrk are needed, and a network namespace (root), since Orthanc
listens everywhere. Every server gets the same instances; measures are taken in turns, several times. Beside the rate
stands what one answer cost its server in processor time, which other work on the machine disturbs less.
"""

import argparse
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydicom import FileDataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

PORT, ORTHANC, NGINX = 8801, 8802, 8803


def ct(study: int, number: int, *, size: int, seed: np.random.Generator) -> FileDataset:
    """One de-identified CT slice of noise around soft tissue."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"2.25.{study}.{number}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    each = FileDataset("", {}, preamble=b"\0" * 128, file_meta=meta)
    each.SOPClassUID, each.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    each.StudyInstanceUID, each.SeriesInstanceUID = f"2.25.{study}", f"2.25.{study}.0"
    each.StudyDate, each.StudyTime, each.Modality = "20200120", "090000", "CT"
    each.AccessionNumber = each.ReferringPhysicianName = each.StudyID = each.PatientBirthDate = each.Manufacturer = ""
    each.PatientName = each.PatientID = f"FL-{study:012d}"
    each.PatientSex, each.PatientAge = "F", "050Y"
    each.PatientIdentityRemoved, each.BurnedInAnnotation = "YES", "NO"
    each.DeidentificationMethod = "Firstlight PS3.15 Annex E profile"
    each.SeriesNumber, each.InstanceNumber = 1, number
    each.SliceThickness, each.KVP, each.PixelSpacing = 1, 120, [0.7, 0.7]
    each.ImageType, each.FrameOfReferenceUID = ["ORIGINAL", "PRIMARY", "AXIAL"], f"2.25.{study}.9"
    each.ImageOrientationPatient, each.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, float(number)]
    each.SamplesPerPixel, each.PhotometricInterpretation = 1, "MONOCHROME2"
    each.Rows = each.Columns = size
    each.BitsAllocated, each.BitsStored, each.HighBit, each.PixelRepresentation = 16, 16, 15, 1
    each.RescaleIntercept, each.RescaleSlope, each.WindowCenter, each.WindowWidth = 0, 1, 40, 400
    each.PixelData = seed.normal(40, 60, (size, size)).astype("<i2").tobytes()
    return each


def corpus(folder: Path, *, studies: int, slices: int, large: int) -> None:
    """`large` studies of `slices` full slices, and small ones up to `studies`."""
    seed = np.random.default_rng(20200120)
    folder.mkdir(parents=True)
    for study in range(1, studies + 1):
        full = study <= large
        for number in range(1, (slices if full else 2) + 1):
            ct(study, number, size=512 if full else 64, seed=seed).save_as(folder / f"{study:05d}-{number:04d}.dcm")


class Rate(NamedTuple):
    """How many answers a second came, and what one cost its server in milliseconds of processor time."""

    a_second: float
    cpu_ms: float


@contextmanager
def running(command: list[str], ready: Callable[[], bool], **given: object) -> Iterator[int]:
    """A server, by its process id, from when it is ready."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **given)  # type: ignore[call-overload]
    try:
        for _attempt in range(300):
            if ready():
                break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended before it was ready")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def answers(address: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return answer.status < 500
        except OSError:
            return False

    return ask


def orthanc(folder: Path) -> list[str]:
    settings = {
        "StorageDirectory": str(folder / "orthanc"), "IndexDirectory": str(folder / "orthanc"),
        "HttpPort": ORTHANC, "DicomPort": ORTHANC + 100, "RemoteAccessAllowed": True, "AuthenticationEnabled": False,
        "Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "HttpThreadsCount": 50, "StableAge": 1,
    }  # fmt: skip
    (folder / "orthanc").mkdir(exist_ok=True)
    (folder / "orthanc.json").write_text(json.dumps(settings))
    return ["/usr/sbin/Orthanc", str(folder / "orthanc.json")]


def nginx(folder: Path) -> list[str]:
    (folder / "nginx.conf").write_text(
        f"user root; worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=1000;\n"
        f"client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;\n"
        f"uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;\n"
        f"server {{ listen 127.0.0.1:{NGINX}; root {folder}/static; }} }}\n"
    )
    return ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf")]


def rate(
    address: str,
    server: int,
    *,
    connections: int = 4,
    seconds: int = 3,
    accept: str = "",
    token: str = "",
    script: Path | None = None,
) -> Rate:
    """Requests a second that wrk gets through, and not one of them refused."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", address, *(["-s", str(script)] if script else [])]
    for name, value in (("Accept", accept), ("Authorization", token)):
        command += ["-H", f"{name}: {value}"] if value else []
    before = cpu_seconds(server)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"refused: {address}")
    a_second = re.search(r"Requests/sec:\s+([\d.]+)", said)
    count = re.search(r"(\d+) requests in", said)
    assert a_second
    assert count
    return Rate(float(a_second.group(1)), (cpu_seconds(server) - before) / max(int(count.group(1)), 1) * 1000)


def cpu_seconds(server: int) -> float:
    """What a process and all its children have used."""
    found = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, text=True, check=False).stdout.split()
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(
        cpu_seconds(int(each)) for each in found
    )


ANOTHER_WINDOW = """
local n = os.time() % 100000 * 1000
request = function()
  n = n + 1
  return wrk.format("GET", wrk.path .. "?window=" .. (n % 4000) .. "," .. (200 + n % 700) .. ",linear")
end
"""


def get(address: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=120) as answer:
        body: bytes = answer.read()
        return body


def stow(server: str, files: list[Path], token: str = "") -> float:
    """Seconds to store the files over one connection, one a request."""
    connection = HTTPConnection(server.removeprefix("http://"), timeout=120)
    headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=gap', "Authorization": token}
    began = time.perf_counter()
    for file in files:
        part = b"--gap\r\nContent-Type: application/dicom\r\n\r\n" + file.read_bytes() + b"\r\n--gap--\r\n"
        connection.request(
            "POST", "/dicom-web/studies", part, {name: value for name, value in headers.items() if value}
        )
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{server} refused {file.name}: {answer.status} {answer.read()[:300]!r}")
        answer.read()
    return time.perf_counter() - began


WHOLE = 'multipart/related; type="application/dicom"'
AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


FIRST_TIME = "rendered JPEG, first time"


def measures(slices: int) -> list[tuple[str, str, str, str]]:
    """Name, address below the root, accepted types, and what nginx serves in its place."""
    one = "/studies/2.25.1/series/2.25.1.0"
    return [
        ("QIDO studies, 100 answers", "/studies?limit=100", "application/dicom+json", ""),
        ("QIDO one patient", "/studies?PatientID=FL-000000000007", "application/dicom+json", ""),
        ("QIDO series of a study", "/studies/2.25.1/series", "application/dicom+json", ""),
        (f"QIDO instances of {slices}", f"{one}/instances", "application/dicom+json", ""),
        (f"series metadata, {slices}", f"{one}/metadata", "application/dicom+json", "metadata.json"),
        ("frame, CT 512x512x16", f"{one}/instances/2.25.1.7/frames/1", AS_STORED, "frame.raw"),
        ("instance, CT 512x512x16", f"{one}/instances/2.25.1.7", WHOLE, "instance.dcm"),
        ("rendered JPEG, again", f"{one}/instances/2.25.1.7/rendered", "image/jpeg", ""),
        (FIRST_TIME, f"{one}/instances/2.25.1.7/rendered", "image/jpeg", ""),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=240)
    parser.add_argument("--slices", type=int, default=150)
    parser.add_argument("--large", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--only", default="", help="Measures whose name holds this")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    missing = [name for name in ("/usr/sbin/Orthanc", "/usr/sbin/nginx", "/usr/bin/wrk") if not Path(name).exists()]
    if missing:
        raise SystemExit(f"Not installed: {', '.join(missing)} (Debian: orthanc orthanc-dicomweb nginx-light wrk)")
    if not given.inside:
        script = f'ip link set lo up && exec {sys.executable} "$0" --inside "$@"'
        os.execvp("unshare", ["unshare", "-n", "bash", "-c", script, __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
        measure(Path(name), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    corpus(folder / "corpus", studies=given.studies, slices=given.slices, large=given.large)
    files = sorted((folder / "corpus").iterdir())
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FIRSTLIGHT")}
    environ |= {"FIRSTLIGHT_DATA": str(folder / "data"), "TCP_NODELAY": "1"}
    command = [sys.executable, "-m", "firstlight.cli"]
    people = ["member", "add", "--email", "a@example.org", "--name", "Ara", "--role", "administrator"]
    subprocess.run([*command, "migrate"], env=environ, check=True, capture_output=True)
    subprocess.run([*command, *people], env=environ, check=True, capture_output=True)
    made = subprocess.run(
        [*command, "token", "create", "--email", "a@example.org", "--name", "bench"],
        env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    token = f"Bearer {made.stdout.strip()}"
    with ExitStack() as servers:
        peers = started(folder, servers, command, environ, files, token)
        print(f"load {os.getloadavg()[0]:.1f}, {given.connections} connections, {given.rounds} rounds; each/s (CPU ms)")
        print(f"{'measure':27} {'Firstlight':>18} {'Orthanc':>18} {'ratio':>7} {'nginx':>18} {'ratio':>6} {'CPU':>5}")
        for label, address, accept, static_name in measures(given.slices):
            if given.only in label:
                kept = taken(peers, given, label, address, accept, static_name, token=token, folder=folder)
                print(line(label, kept), flush=True)
        print(f"load {os.getloadavg()[0]:.1f}")


def started(
    folder: Path, servers: ExitStack, command: list[str], environ: dict[str, str], files: list[Path], token: str
) -> dict[str, tuple[str, int]]:
    """The three servers with the same instances, by name: address and process."""
    ours, theirs, plain = (f"http://127.0.0.1:{port}" for port in (PORT, ORTHANC, NGINX))
    serve = [*command, "serve", "--port", str(PORT)]
    one = servers.enter_context(running(serve, answers(f"{ours}/healthz"), env=environ))
    print(f"{len(files)} files: STOW, one by one {stow(ours, files, token):.1f} s")
    two = servers.enter_context(running(orthanc(folder), answers(f"{theirs}/system"), env=environ))
    print(f"{len(files)} files: Orthanc's STOW, one by one {stow(theirs, files):.1f} s")
    static = folder / "static"
    static.mkdir()
    metadata = f"{ours}/dicom-web/studies/2.25.1/series/2.25.1.0/metadata"
    (static / "metadata.json").write_bytes(get(metadata, Authorization=token))
    (static / "frame.raw").write_bytes(dcmread(folder / "corpus/00001-0007.dcm").PixelData)
    shutil.copy(folder / "corpus/00001-0007.dcm", static / "instance.dcm")
    three = servers.enter_context(running(nginx(folder), answers(f"{plain}/frame.raw")))
    (folder / "window.lua").write_text(ANOTHER_WINDOW)
    return {"ours": (f"{ours}/dicom-web", one), "orthanc": (f"{theirs}/dicom-web", two), "nginx": (plain, three)}


def taken(
    peers: dict[str, tuple[str, int]],
    given: argparse.Namespace,
    label: str,
    address: str,
    accept: str,
    static_name: str,
    *,
    token: str,
    folder: Path,
) -> dict[str, list[Rate]]:
    """One measure of each server, in turns."""
    script = folder / "window.lua" if label == FIRST_TIME else None
    kept: dict[str, list[Rate]] = {"ours": [], "orthanc": [], "nginx": []}
    for _round in range(given.rounds):
        for name, (root, server) in peers.items():
            if name == "nginx" and not static_name:
                continue
            path = f"/{static_name}" if name == "nginx" else address
            kept[name].append(
                rate(root + path, server, connections=given.connections, seconds=given.seconds, script=script,
                     accept="" if name == "nginx" else accept, token=token if name == "ours" else "")
            )  # fmt: skip
    return kept


def line(label: str, kept: dict[str, list[Rate]]) -> str:
    """One row of the table: medians, and ratios of medians."""
    ours, peer, limit = (median(kept[name]) for name in ("ours", "orthanc", "nginx"))
    cells = [f"{each.a_second:9.1f} ({each.cpu_ms:6.2f})" if each else " " * 18 for each in (ours, peer, limit)]
    assert ours
    assert peer
    tail = f"{ours.a_second / limit.a_second:6.2f} {limit.cpu_ms / ours.cpu_ms:5.2f}" if limit else ""
    ratio = ours.a_second / peer.a_second if peer.a_second else math.inf  # not one answer in a whole round
    return f"{label:27} {cells[0]} {cells[1]} {ratio:7.1f} {cells[2]} {tail}"


def median(rates: list[Rate]) -> Rate | None:
    """The median rate, and the median cost."""
    if not rates:
        return None
    return Rate(statistics.median(each.a_second for each in rates), statistics.median(each.cpu_ms for each in rates))


if __name__ == "__main__":
    main()
