// Microsoft's own parser and semantic checker, on the query of standard input: prints as JSON the
// diagnostics, and the columns that it gives. The tables are those of Application Insights, with
// all columns that Azure Monitor's reference has for them.
"use strict";
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const language = Kusto.Language;
const symbols = language.Symbols;

const TRACES = `(timestamp: datetime, message: string, severityLevel: int, itemType: string,
  customDimensions: dynamic, customMeasurements: dynamic, operation_Name: string, operation_Id: string,
  operation_ParentId: string, operation_SyntheticSource: string, session_Id: string, user_Id: string,
  user_AuthenticatedId: string, user_AccountId: string, application_Version: string,
  client_Type: string, client_Model: string, client_OS: string, client_IP: string, client_City: string,
  client_StateOrProvince: string, client_CountryOrRegion: string, client_Browser: string,
  cloud_RoleName: string, cloud_RoleInstance: string, appId: string, appName: string, iKey: string,
  sdkVersion: string, itemId: string, itemCount: int, _ResourceId: string)`;

const APP_TRACES = `(TenantId: string, TimeGenerated: datetime, Message: string, SeverityLevel: int,
  Properties: dynamic, Measurements: dynamic, OperationName: string, OperationId: string,
  ParentId: string, SyntheticSource: string, SessionId: string, UserId: string,
  UserAuthenticatedId: string, UserAccountId: string, AppVersion: string, AppRoleName: string,
  AppRoleInstance: string, ClientType: string, ClientModel: string, ClientOS: string, ClientIP: string,
  ClientCity: string, ClientStateOrProvince: string, ClientCountryOrRegion: string,
  ClientBrowser: string, ResourceGUID: string, IKey: string, SDKVersion: string, ItemCount: int,
  ReferencedItemId: string, ReferencedType: string, SourceSystem: string, Type: string,
  _ResourceId: string)`;

function listed(list) {
  return Array.from({ length: list ? list.Count : 0 }, (_, at) => list.getItem(at));
}

const database = new symbols.DatabaseSymbol.$ctor1("Monitor", [
  symbols.TableSymbol.From(TRACES).WithName("traces"),
  symbols.TableSymbol.From(APP_TRACES).WithName("AppTraces"),
]);
const query = require("fs").readFileSync(0, "utf8");
const code = language.KustoCode.ParseAndAnalyze(
  query, language.GlobalState.Default.WithDatabase(database));
const type = code.ResultType;
console.log(JSON.stringify({
  diagnostics: listed(code.GetDiagnostics()).map((one) =>
    [one.Severity, one.Code, one.Message, query.substr(one.Start, one.Length)]),
  columns: listed(type && type.Columns).map((one) => [one.Name, one.Type.Name]),
}));
