/*
 * local.settings.json: the developer's own file, which the app could run without. So what is wrong
 * with it is a notice, as in `func`, and the file, or the value, is left out.
 */
#ifndef HOST_LOCAL_SETTINGS_H
#define HOST_LOCAL_SETTINGS_H

#include "host/settings.h"

/* Read the file of `app_root`, if there is one, into the settings: values, ConnectionStrings as
 * values named "ConnectionStrings:NAME", and Host. */
void local_settings_read(struct settings *settings, const char *app_root);

#endif
