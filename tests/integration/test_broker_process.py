"""Running mosquitto: its files, its start and its ends."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hallserver.broker import (
    BrokerError,
    BrokerFiles,
    BrokerTls,
    acl_text,
    find_mosquitto,
    new_passwords,
    run_broker,
    write_client_password,
)
from hallserver.broker.process import is_port_free
from hallserver.client.paho_link import PahoLink
from hallserver.client.settings import LinkSettings
from hallserver.client.store import MemoryOutboxStore
from hallserver.client.subscriptions import subscriptions_for
from tests.helpers.broker import DEADLINE_S, Peer, files_under

CLIENTS = ("kiosk-01", "counter-1")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(is_so) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    never = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline_s
        never.wait(0.02)


def test_it_answers_when_run_broker_returns_and_is_gone_after_stop(tmp_path):
    broker = run_broker(tmp_path, CLIENTS)
    pid = broker.pid
    with Peer(broker, "kiosk-01"):
        pass
    broker.stop()
    broker.stop()
    assert not is_running(pid)
    assert broker.pid is None


def test_it_starts_again_on_its_port_after_a_kill_with_nothing_retained(tmp_path):
    with run_broker(tmp_path, CLIENTS) as broker:
        with Peer(broker, "server") as server:
            server.publish("jiaohao/info", b"retained", retain=True)
        first = broker.pid
        broker.kill()
        broker.start()
        assert broker.pid != first
        with Peer(broker, "server") as server, Peer(broker, "kiosk-01") as kiosk:
            kiosk.subscribe("jiaohao/info")
            server.publish("jiaohao/info", b"fence")
            assert kiosk.until_fence() == []


def test_with_a_store_it_keeps_what_is_retained_over_a_stop(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    with run_broker(tmp_path / "broker", CLIENTS, store=store) as broker:
        with Peer(broker, "server") as server:
            server.publish("jiaohao/info", b"retained", retain=True)
        broker.stop()
        broker.start()
        with Peer(broker, "server") as server, Peer(broker, "kiosk-01") as kiosk:
            kiosk.subscribe("jiaohao/info")
            server.publish("jiaohao/info", b"fence")
            assert kiosk.until_fence() == [("jiaohao/info", b"retained")]


def test_two_halls_run_side_by_side(tmp_path):
    with run_broker(tmp_path / "a", CLIENTS) as one, run_broker(tmp_path / "b", CLIENTS) as other:
        assert one.port != other.port
        assert one.passwords["kiosk-01"] != other.passwords["kiosk-01"]


def test_a_port_that_is_taken_is_said(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(BrokerError, match="Address already in use"),
    ):
        run_broker(tmp_path, CLIENTS, port=server.getsockname()[1])


def test_a_machine_without_mosquitto_is_told_what_to_install(tmp_path):
    with pytest.raises(BrokerError, match="apt-get install mosquitto"):
        find_mosquitto(str(tmp_path))


def test_no_password_lies_on_the_disk_and_only_the_owner_reads_the_files(tmp_path):
    with run_broker(tmp_path, CLIENTS) as broker:
        on_disk = files_under(tmp_path)
        assert not [word for word in broker.passwords.values() if word.encode() in on_disk]
        files = (broker.files.config, broker.files.passwords, broker.files.acl)
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    lines = broker.files.passwords.read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["server", *CLIENTS]
    assert all(re.fullmatch(r"[\w-]+:\$7\$\d+\$[\w+/]{16}\$[\w+/]{86}==", line) for line in lines)


def test_a_clients_own_password_file_is_for_its_owner_only(tmp_path):
    path = write_client_password(tmp_path / "secrets", "kiosk-01", "s3cret")
    assert path.read_text() == "s3cret\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_passwords_differ_and_are_long(tmp_path):
    drawn = new_passwords([f"kiosk-{count:02}" for count in range(1, 31)])
    assert len(set(drawn.values())) == 31
    assert min(map(len, drawn.values())) >= 32


@pytest.mark.parametrize("client", ["nobody", "kiosk-1\ntopic #", "kiosk-+", ""])
def test_a_name_that_no_hall_has_gets_no_line_in_the_access_list(client):
    with pytest.raises(ValueError, match="not a client"):
        acl_text([client])


def test_a_broker_for_the_network_without_tls_is_refused(tmp_path):
    with pytest.raises(ValueError, match="need TLS"):
        BrokerFiles(tmp_path).write(new_passwords(CLIENTS), port=8883, host="0.0.0.0")


def test_it_listens_on_loopback_only_and_to_nobody_without_a_name(tmp_path):
    with run_broker(tmp_path, CLIENTS) as broker:
        config = broker.files.config.read_text()
    assert "\nallow_anonymous false\n" in config
    assert re.findall(r"^listener .*$", config, re.MULTILINE) == [
        f"listener {broker.port} 127.0.0.1"
    ]


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from hallserver.broker import run_broker;"
        "broker = run_broker(Path(sys.argv[1]), ['kiosk-01']);"
        "print(broker.port, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=False,
        timeout=30,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL
    port = int(ended.stdout)
    eventually(lambda: is_port_free(port))


def self_signed(directory: Path) -> BrokerTls:
    """A certificate of 127.0.0.1 for a day; openssl comes with Debian's ca-certificates."""
    directory.mkdir()
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", "/CN=hall"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return BrokerTls(certificate, key, ca_file=certificate)


def started_link(settings: LinkSettings) -> PahoLink:
    topics = subscriptions_for(settings.client)
    link = PahoLink(settings, topics, MemoryOutboxStore(), lambda _update: None)
    link.start()
    return link


def test_over_tls_a_link_reaches_its_broker_by_the_authority_that_it_trusts(tmp_path):
    tls = self_signed(tmp_path / "tls")
    with run_broker(tmp_path / "broker", CLIENTS, tls=tls) as broker:
        settings = broker.settings("kiosk-01")
        assert settings.ca_file == tls.ca_file
        link = started_link(settings)
        eventually(lambda: "as kiosk-01" in broker.files.log.read_text())
        link.stop()


def test_a_broker_that_the_authority_does_not_vouch_for_never_sees_the_password(tmp_path, caplog):
    stranger = self_signed(tmp_path / "stranger")
    tls = self_signed(tmp_path / "tls")
    with run_broker(tmp_path / "broker", CLIENTS, tls=tls) as broker:
        link = started_link(replace(broker.settings("kiosk-01"), ca_file=stranger.ca_file))
        eventually(lambda: "certificate verify failed" in caplog.text)
        link.stop()
        assert "as kiosk-01" not in broker.files.log.read_text()


def test_a_link_without_tls_does_not_reach_a_broker_with_it(tmp_path, caplog):
    tls = self_signed(tmp_path / "tls")
    with run_broker(tmp_path / "broker", CLIENTS, tls=tls) as broker:
        link = started_link(replace(broker.settings("kiosk-01"), ca_file=None))
        eventually(lambda: "no link to" in caplog.text)
        link.stop()
        assert "as kiosk-01" not in broker.files.log.read_text()
