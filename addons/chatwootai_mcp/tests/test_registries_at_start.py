"""Before the first request registries are loaded: as many as are kept, for a time, and past a broken one."""

import threading
from unittest.mock import patch

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from .. import registries_at_start
from ..registries_at_start import load


@tagged("post_install", "-at_install")
class TestRegistriesAtStart(BaseCase):
    def setUp(self):
        super().setUp()
        self.asked = []
        self.keeps = 100
        registry = self.enterContext(patch.object(registries_at_start, "Registry", side_effect=self.open))
        registry.registries.count = self.keeps

    def open(self, name):
        self.asked.append(name)
        raise ValueError("no database")

    def load(self, names, **options):
        with mute_logger("odoo.addons.chatwootai_mcp.registries_at_start"):
            return load(names, **options)

    def test_one_that_cannot_be_loaded_holds_up_no_other(self):
        self.assertEqual(self.load(["acme", "bella", "casa"]), 0)
        self.assertEqual(self.asked, ["acme", "bella", "casa"])

    def test_one_is_loaded_with_its_routes(self):
        """Odoo takes the database of those from the thread."""
        environment = self.enterContext(patch.object(registries_at_start.api, "Environment"))
        environment.return_value.__getitem__.return_value.routing_map.side_effect = lambda: self.asked.append(
            threading.current_thread().dbname
        )
        with patch.object(registries_at_start, "Registry"):
            self.assertTrue(registries_at_start._is_loaded("acme"))
        self.assertEqual(self.asked, ["acme"])

    def test_no_more_are_loaded_than_are_kept(self):
        names = [f"acme-{number}" for number in range(150)]
        self.load(names)
        self.assertEqual(self.asked, names[:100])

    def test_the_port_is_opened_in_time_whatever_is_loaded(self):
        self.load(["acme", "bella"], longest=-1)
        self.assertEqual(self.asked, [])
