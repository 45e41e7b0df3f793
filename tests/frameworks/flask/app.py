from dotenv import load_dotenv
from flask import Flask

load_dotenv()

from webhooks import webhooks  # noqa: E402

app = Flask(__name__)
app.register_blueprint(webhooks)


@app.get("/")
def hello():
    return "Hello"
