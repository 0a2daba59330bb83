# The sample apps, the workshop, and the demo commands.
EXTRA_DIST += \
	demo/ci/azure-pipelines.yml demo/ci/github-actions.yml demo/ci/install \
	demo/lessons demo/run demo/screenshot.png demo/serve_page.py demo/setup.sh demo/stepping.keys \
	demo/workshop demo/workshop_check.py \
	demo/FastApiDemo/function_app.py demo/FastApiDemo/host.json \
	demo/FastApiDemo/invoice_api.py demo/FastApiDemo/local.settings.json \
	demo/FastApiDemo/requirements.txt \
	demo/FlaskDemo/function_app.py demo/FlaskDemo/host.json \
	demo/FlaskDemo/local.settings.json demo/FlaskDemo/requirements.txt \
	demo/OrdersV2/function_app.py demo/OrdersV2/host.json demo/OrdersV2/invoices.py \
	demo/OrdersV2/labels.py demo/OrdersV2/local.settings.json demo/OrdersV2/orders.py \
	demo/OrdersV2/requirements.txt \
	demo/PythonMemoryProfilingDemo/HowToProfiled/__init__.py \
	demo/PythonMemoryProfilingDemo/HowToProfiled/function.json \
	demo/PythonMemoryProfilingDemo/HttpTriggerAsync/__init__.py \
	demo/PythonMemoryProfilingDemo/HttpTriggerAsync/function.json \
	demo/PythonMemoryProfilingDemo/HttpTriggerSync/__init__.py \
	demo/PythonMemoryProfilingDemo/HttpTriggerSync/function.json \
	demo/PythonMemoryProfilingDemo/host.json \
	demo/PythonMemoryProfilingDemo/local.settings.json \
	demo/PythonMemoryProfilingDemo/requirements.txt
