"""The hall's MQTT broker: files for mosquitto, derived from the routes table, and running it."""

from hallserver.broker.files import (
    BrokerFiles,
    BrokerTls,
    acl_text,
    config_text,
    new_passwords,
    password_file_text,
    write_client_password,
)
from hallserver.broker.process import (
    BrokerError,
    RunningBroker,
    find_mosquitto,
    free_port,
    run_broker,
)

__all__ = (
    "BrokerError",
    "BrokerFiles",
    "BrokerTls",
    "RunningBroker",
    "acl_text",
    "config_text",
    "find_mosquitto",
    "free_port",
    "new_passwords",
    "password_file_text",
    "run_broker",
    "write_client_password",
)
