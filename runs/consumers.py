"""The two websockets: /ws/bridge/ for trainings, /ws/live/ for pages."""

from runs.bridge_consumer import BridgeConsumer
from runs.live_consumer import LiveConsumer

__all__ = ["BridgeConsumer", "LiveConsumer"]
