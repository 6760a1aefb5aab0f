"""
The command line.
"""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from owncastd.options import Options, ServerOptions


def parse(*arguments: str) -> ServerOptions:
    """
    The value of a command line.
    """
    options = Options()
    options.parseOptions(list(arguments))
    return options.value()


class OptionsTests(SynchronousTestCase):
    """
    Owncast's names, our errors.
    """

    def test_defaults(self) -> None:
        """
        Everything lies below ./data, and nothing is overridden.
        """
        data = Path("data").absolute()
        self.assertEqual(
            parse(),
            ServerOptions(
                data_dir=data,
                database=data / "owncast.db",
                log_dir=data / "logs",
                backup_dir=data / "backup",
            ),
        )

    def test_every_option(self) -> None:
        """
        Each option reaches its field.
        """
        self.assertEqual(
            parse(
                *("--datadir", "/d", "--database", "/x/y.db", "--logdir", "/l"),
                *("--backupdir", "/b", "--adminpassword", "pw", "--streamkey", "key"),
                *("--webserverport", "81", "--webserverip", "127.0.0.1", "--rtmpport", "1936"),
                *("--enableDebugFeatures", "--enableVerboseLogging", "--keepSegmentFiles"),
                *("--rtmpsport", "1937", "--rtmpscert", "/c.pem", "--rtmpskey", "/k.pem"),
                "--allowPrivatePeers",
                *("--restoreDatabase", "/z.bak", "--importOwncast", "/old/owncast.db"),
            ),
            ServerOptions(
                data_dir=Path("/d"),
                database=Path("/x/y.db"),
                log_dir=Path("/l"),
                backup_dir=Path("/b"),
                admin_password="pw",
                stream_key="key",
                web_server_port=81,
                web_server_ip="127.0.0.1",
                rtmp_port=1936,
                rtmps_port=1937,
                rtmps_certificate=Path("/c.pem"),
                rtmps_key=Path("/k.pem"),
                debug_features=True,
                verbose_logging=True,
                keep_segment_files=True,
                allow_private_peers=True,
                restore_database=Path("/z.bak"),
                import_owncast=Path("/old/owncast.db"),
            ),
        )

    def test_single_dashes(self) -> None:
        """
        Unit files written for Owncast use Go's single dashes, with or without an equals sign.
        """
        value = parse("-webserverport", "81", "-rtmpport=1936", "-enableVerboseLogging=true")
        self.assertEqual(
            (value.web_server_port, value.rtmp_port, value.verbose_logging), (81, 1936, True)
        )
        self.assertFalse(parse("-enableVerboseLogging=false").verbose_logging)

    def test_one_file(self) -> None:
        """
        Certificate and key may be in one file.
        """
        value = parse("--rtmpsport", "1937", "--rtmpscert", "both.pem")
        self.assertEqual(value.rtmps_key, Path("both.pem").absolute())

    def test_secrets_stay_out_of_repr(self) -> None:
        """
        A logged options value shows neither secret.
        """
        shown = repr(parse("--adminpassword", "hunter2", "--streamkey", "opensesame"))
        self.assertNotIn("hunter2", shown)
        self.assertNotIn("opensesame", shown)

    def test_mistakes_are_one_line(self) -> None:
        """
        A wrong command line exits with one line that names the option or value.
        """
        for arguments, named in [
            (["--webserverport", "eighty"], "eighty"),
            (["--webserverport", "0"], "'0'"),
            (["--rtmpport", "65536"], "65536"),
            (["--webserverport", "²"], "²"),
            (["--webserverip", "localhost"], "localhost"),
            (["--streamkey", " "], "streamkey"),
            (["--adminpassword", ""], "adminpassword"),
            (["--nonsense"], "nonsense"),
            (["-enableDebugFeatures=maybe"], "maybe"),
            (["--enableDebugFeatures", "extra"], "extra"),
            (["--rtmpsport", "1937"], "--rtmpscert"),
            (["--rtmpscert", "c.pem"], "--rtmpsport"),
            (["--rtmpskey", "k.pem", "--rtmpsport", "1937"], "--rtmpscert"),
        ]:
            with self.subTest(arguments=arguments):
                error = self.assertRaises(SystemExit, parse, *arguments)
                text = str(error.code)
                self.assertIn(named, text)
                self.assertTrue(text.startswith("owncastd: "), text)
                self.assertNotIn("\n", text)
