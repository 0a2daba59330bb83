/*
 * A function is put together from the parts that its trigger has in this table. The two models
 * share the body; they differ in the head, and in where the bindings are: in function.json, or in
 * the decorator.
 */
#include "config.h"
#include "host/new_text.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

const struct new_app_file new_app_files[NEW_APP_FILES] = {
    {"host.json", "{\n"
                  "  \"version\": \"2.0\",\n"
                  "  \"logging\": {\n"
                  "    \"applicationInsights\": {\n"
                  "      \"samplingSettings\": {\n"
                  "        \"isEnabled\": true,\n"
                  "        \"excludedTypes\": \"Request\"\n"
                  "      }\n"
                  "    }\n"
                  "  },\n"
                  "  \"extensionBundle\": {\n"
                  "    \"id\": \"Microsoft.Azure.Functions.ExtensionBundle\",\n"
                  "    \"version\": \"[4.*, 5.0.0)\"\n"
                  "  }\n"
                  "}\n"},
    {"local.settings.json", "{\n"
                            "  \"IsEncrypted\": false,\n"
                            "  \"Values\": {\n"
                            "    \"FUNCTIONS_WORKER_RUNTIME\": \"python\",\n"
                            "    \"AzureWebJobsStorage\": \"UseDevelopmentStorage=true\"\n"
                            "  }\n"
                            "}\n"},
    {"requirements.txt", "# azure-functions-worker does not belong here: Azure brings its own.\n"
                         "azure-functions\n"},
    {".gitignore", "# Settings of this machine, which can hold secrets\n"
                   "local.settings.json\n"
                   "\n"
                   "# Python environments and packages\n"
                   ".venv/\n"
                   "venv/\n"
                   ".python_packages/\n"
                   "\n"
                   "# Compiled Python\n"
                   "__pycache__/\n"
                   "*.py[cod]\n"
                   "\n"
                   "# The storage emulator\n"
                   "__azurite_db*__.json\n"
                   "__blobstorage__/\n"
                   "__queuestorage__/\n"
                   "__tablestorage__/\n"},
    {".funcignore", ".git*\n"
                    ".vscode\n"
                    ".venv\n"
                    "venv\n"
                    "__pycache__\n"
                    "__azurite_db*__.json\n"
                    "__blobstorage__\n"
                    "__queuestorage__\n"
                    "__tablestorage__\n"
                    "local.settings.json\n"
                    "test\n"
                    "tests\n"},
};

struct parts {
    const char *parameter;
    const char *result;
    const char *body;
    const char *decorator; /* after "@app."; NULL: made from the function's name and level */
    const char *binding;   /* the fields of function.json; NULL: likewise */
    const char *readme;    /* or NULL */
};

static const struct parts triggers[] = {
    [TRIGGER_HTTP] =
        {
            .parameter = "req: func.HttpRequest",
            .result = "func.HttpResponse",
            .body = "    \"\"\"Greets whom the query or the JSON body names.\"\"\"\n"
                    "    name = req.params.get(\"name\")\n"
                    "    if not name:\n"
                    "        try:\n"
                    "            name = req.get_json()[\"name\"]\n"
                    "        except (ValueError, LookupError, TypeError):\n"
                    "            logging.info(\"the request names nobody\")\n"
                    "    if not name:\n"
                    "        return func.HttpResponse(\"Hello! Say who you are: add ?name=Ada to "
                    "the URL.\")\n"
                    "    return func.HttpResponse(f\"Hello, {name}!\")\n",
        },
    [TRIGGER_TIMER] =
        {
            .parameter = "timer: func.TimerRequest",
            .result = "None",
            .body = "    if timer.past_due:\n"
                    "        logging.warning(\"this run is late\")\n"
                    "    logging.info(\"the timer has fired\")\n",
            .decorator = "timer_trigger(\n"
                         "    arg_name=\"timer\", schedule=\"0 */5 * * * *\", "
                         "run_on_startup=False, use_monitor=False)",
            .binding = "      \"type\": \"timerTrigger\",\n"
                       "      \"direction\": \"in\",\n"
                       "      \"name\": \"timer\",\n"
                       "      \"schedule\": \"0 */5 * * * *\"\n",
            .readme = "# Timer trigger\n"
                      "\n"
                      "The function runs when `schedule` in function.json says so. Its six fields "
                      "are second, minute,\n"
                      "hour, day of the month, month and day of the week: `0 */5 * * * *` is every "
                      "five minutes, on the\n"
                      "minute; `0 30 6 * * 1-5` is half past six from Monday to Friday. Times are "
                      "UTC.\n",
        },
    [TRIGGER_QUEUE] =
        {
            .parameter = "message: func.QueueMessage",
            .result = "None",
            .body = "    text = message.get_body().decode(\"utf-8\")\n"
                    "    logging.info(\"message %s says: %s\", message.id, text)\n",
            .decorator = "queue_trigger(\n"
                         "    arg_name=\"message\", queue_name=\"python-queue-items\", "
                         "connection=\"AzureWebJobsStorage\")",
            .binding = "      \"type\": \"queueTrigger\",\n"
                       "      \"direction\": \"in\",\n"
                       "      \"name\": \"message\",\n"
                       "      \"queueName\": \"python-queue-items\",\n"
                       "      \"connection\": \"AzureWebJobsStorage\"\n",
            .readme = "# Queue trigger\n"
                      "\n"
                      "The function runs once for each message in the storage queue `queueName`. "
                      "`connection` names the\n"
                      "setting with the storage account's connection string: a value of "
                      "local.settings.json on this\n"
                      "machine, an application setting on Azure. A message whose function fails is "
                      "tried again, and after\n"
                      "the fifth time moved to the queue of the same name with `-poison` behind "
                      "it.\n",
        },
    [TRIGGER_BLOB] =
        {
            .parameter = "blob: func.InputStream",
            .result = "None",
            .body = "    content = blob.read()\n"
                    "    logging.info(\"blob %s has %d bytes\", blob.name, len(content))\n",
            .decorator = "blob_trigger(\n"
                         "    arg_name=\"blob\", path=\"samples-workitems/{name}\", "
                         "connection=\"AzureWebJobsStorage\")",
            .binding = "      \"type\": \"blobTrigger\",\n"
                       "      \"direction\": \"in\",\n"
                       "      \"name\": \"blob\",\n"
                       "      \"path\": \"samples-workitems/{name}\",\n"
                       "      \"connection\": \"AzureWebJobsStorage\"\n",
            .readme = "# Blob trigger\n"
                      "\n"
                      "The function runs for each blob that is new or changed and whose path "
                      "matches `path`: the\n"
                      "container, then a pattern for the name, as `images/{name}.png`. "
                      "`connection` names the setting\n"
                      "with the storage account's connection string: a value of "
                      "local.settings.json on this machine, an\n"
                      "application setting on Azure.\n",
        },
};

static char *make_function(const struct new_function *function, const char *name)
{
    const struct parts *parts = &triggers[function->trigger];
    return mem_printf("%sdef %s(%s) -> %s:\n%s", function->is_async ? "async " : "", name,
                      parts->parameter, parts->result, parts->body);
}

char *new_text_script(const struct new_function *function)
{
    char *code = make_function(function, "main");
    char *text = mem_printf("import logging\n\nimport azure.functions as func\n\n\n%s", code);
    free(code);
    return text;
}

static char *make_binding(const struct new_function *function)
{
    const struct parts *parts = &triggers[function->trigger];
    if (parts->binding)
        return mem_strdup(parts->binding);
    return mem_printf("      \"authLevel\": \"%s\",\n"
                      "      \"type\": \"httpTrigger\",\n"
                      "      \"direction\": \"in\",\n"
                      "      \"name\": \"req\",\n"
                      "      \"methods\": [\"get\", \"post\"]\n"
                      "    },\n"
                      "    {\n"
                      "      \"type\": \"http\",\n"
                      "      \"direction\": \"out\",\n"
                      "      \"name\": \"$return\"\n",
                      function->level);
}

char *new_text_description(const struct new_function *function)
{
    char *binding = make_binding(function);
    char *text = mem_printf("{\n"
                            "  \"scriptFile\": \"__init__.py\",\n"
                            "  \"bindings\": [\n"
                            "    {\n%s"
                            "    }\n"
                            "  ]\n"
                            "}\n",
                            binding);
    free(binding);
    return text;
}

const char *new_text_readme(enum trigger trigger)
{
    return triggers[trigger].readme;
}

const char *new_text_app_head(void)
{
    return "import logging\n\nimport azure.functions as func\n\napp = func.FunctionApp()\n";
}

static char *make_decorator(const struct new_function *function)
{
    const struct parts *parts = &triggers[function->trigger];
    if (parts->decorator)
        return mem_strdup(parts->decorator);
    char *level = mem_strdup(function->level);
    for (char *c = level; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    char *text =
        mem_printf("route(route=\"%s\", auth_level=func.AuthLevel.%s)", function->name, level);
    free(level);
    return text;
}

char *new_text_decorated(const struct new_function *function, const char *app)
{
    char *decorator = make_decorator(function);
    char *code = make_function(function, function->name);
    char *text = mem_printf("@%s.%s\n%s", app, decorator, code);
    free(decorator);
    free(code);
    return text;
}
