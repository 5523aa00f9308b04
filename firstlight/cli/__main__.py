from firstlight.cli import app

app()
