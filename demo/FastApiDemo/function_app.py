"""The FastAPI application of invoice_api.py as a function app: every request goes to it."""
import azure.functions as func

from invoice_api import api

app = func.AsgiFunctionApp(app=api, http_auth_level=func.AuthLevel.ANONYMOUS)
