#!/usr/bin/env python3
"""Expands an engine's seccomp template to the linux.seccomp that the engine writes for a plain container on x86_64.

    apt-get download golang-github-docker-docker-dev golang-github-containers-common      # Debian 13; unpack with dpkg -x
    expand.py .../docker/docker/profiles/seccomp/default.json docker > spec-fixtures/seccomp/docker-default.json
    expand.py .../usr/share/containers/seccomp.json podman           > spec-fixtures/seccomp/podman-default.json

A template's rules have conditions on capabilities, architecture and kernel version, which engines resolve.
"""

import json
import sys

CAPABILITIES = {
    "docker": "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE",
    "podman": "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT",
}


def holds(rule, capabilities):
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    if includes.get("arches") and "amd64" not in includes["arches"] or "amd64" in (excludes.get("arches") or []):
        return False
    if not set(includes.get("caps") or []) <= capabilities or set(excludes.get("caps") or []) & capabilities:
        return False
    return "minKernel" not in excludes


def main():
    template = json.load(open(sys.argv[1]))
    capabilities = {"CAP_" + name for name in CAPABILITIES[sys.argv[2]].split()}
    out = {"defaultAction": template["defaultAction"], "defaultErrnoRet": template.get("defaultErrnoRet", 1)}
    out["architectures"] = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    out["syscalls"] = []
    for rule in template["syscalls"]:
        if not holds(rule, capabilities):
            continue
        made = {"names": rule["names"], "action": rule["action"]}
        if rule.get("errnoRet") is not None and rule["action"] in ("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"):
            made["errnoRet"] = rule["errnoRet"]
        if rule.get("args"):
            made["args"] = [{key: arg.get(key, 0) for key in ("index", "value", "valueTwo", "op")} for arg in rule["args"]]
        out["syscalls"].append(made)
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
