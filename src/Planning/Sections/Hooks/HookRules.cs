using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md, "POSIX-platform Hooks".</summary>
static class HookRules
{
    public static void Check(SpecHooks? hooks, Rules rules)
    {
        if (hooks is null)
        {
            return;
        }

        CheckList(hooks.Prestart, "hooks.prestart", rules);
        CheckList(hooks.CreateRuntime, "hooks.createRuntime", rules);
        CheckList(hooks.CreateContainer, "hooks.createContainer", rules);
        CheckList(hooks.StartContainer, "hooks.startContainer", rules);
        CheckList(hooks.Poststart, "hooks.poststart", rules);
        CheckList(hooks.Poststop, "hooks.poststop", rules);
    }

    static void CheckList(List<SpecHook>? hooks, string list, Rules rules)
    {
        for (int i = 0; i < (hooks?.Count ?? 0); i++)
        {
            SpecHook hook = hooks![i];
            string path = ConfigPath.Item(list, i);
            if (string.IsNullOrEmpty(hook.Path))
            {
                rules.Missing(path + ".path");
            }
            else if (Rules.PathFault(hook.Path) is string fault)
            {
                rules.Problem(path + ".path", fault);
            }

            if (hook.Timeout <= 0)
            {
                rules.Problem(path + ".timeout", $"{hook.Timeout} is not a positive number of seconds");
            }

            ProcessRules.CheckEnv(hook.Env, path + ".env", rules);
        }
    }
}
