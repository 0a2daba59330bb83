# The sample app and the demo command.
EXTRA_DIST += \
	demo/run demo/screenshot.png demo/serve_page.py demo/setup.sh \
	demo/PythonMemoryProfilingDemo/HowToProfiled/__init__.py \
	demo/PythonMemoryProfilingDemo/HowToProfiled/function.json \
	demo/PythonMemoryProfilingDemo/HttpTriggerAsync/__init__.py \
	demo/PythonMemoryProfilingDemo/HttpTriggerAsync/function.json \
	demo/PythonMemoryProfilingDemo/HttpTriggerSync/__init__.py \
	demo/PythonMemoryProfilingDemo/HttpTriggerSync/function.json \
	demo/PythonMemoryProfilingDemo/host.json \
	demo/PythonMemoryProfilingDemo/local.settings.json \
	demo/PythonMemoryProfilingDemo/requirements.txt
