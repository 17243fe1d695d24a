"""What a sign-up changes: a user is stored, then a mail is sent. Both can be done again."""

import sqlite3


class Users:
    def __init__(self, path):
        # Each step is committed on its own: between them the process may die.
        self.database = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS users (session TEXT PRIMARY KEY, nick TEXT NOT NULL)")
        self.database.execute("CREATE TABLE IF NOT EXISTS mails (session TEXT PRIMARY KEY)")

    def store(self, session, nick):
        self.database.execute(
            "INSERT INTO users VALUES (?, ?) ON CONFLICT DO NOTHING", (str(session), nick))

    def send_mail(self, session):
        """False where it was sent before. A mail server would be given the session's id for that."""
        row = self.database.execute(
            "INSERT INTO mails VALUES (?) ON CONFLICT DO NOTHING", (str(session),))
        return row.rowcount == 1

    def close(self):
        self.database.close()
