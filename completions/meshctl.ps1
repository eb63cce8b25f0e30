# PowerShell completion for meshctl
Register-ArgumentCompleter -Native -CommandName meshctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() } |
        Where-Object { $_ -ne $wordToComplete -and -not $_.StartsWith('-') })
    $known = @{
        '' = @('cluster', 'install', 'uninstall', 'status', 'link', 'export', 'unexport', 'services', 'svc', 'run', 'get', 'apply', 'delete', 'describe', 'traffic', 'policy', 'trust', 'proxy', 'verify', 'demo', 'completion', 'version', '-h', '--help')
        'cluster' = @('add', 'list', 'ls', 'remove', 'rm', 'use', '-o', '--output', '--debug', '-h', '--help')
        'cluster add' = @('-o', '--output', '--debug', '-h', '--help', '--local', '--trust-domain', '--region', '--zone', '--dry-run')
        'cluster list' = @('-o', '--output', '--debug', '-h', '--help')
        'cluster ls' = @('-o', '--output', '--debug', '-h', '--help')
        'cluster remove' = @('-o', '--output', '--debug', '-h', '--help', '-y', '--yes', '--dry-run')
        'cluster rm' = @('-o', '--output', '--debug', '-h', '--help', '-y', '--yes', '--dry-run')
        'cluster use' = @('-o', '--output', '--debug', '-h', '--help')
        'install' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-y', '--yes', '--dry-run')
        'uninstall' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-y', '--yes', '--dry-run')
        'status' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'link' = @('create', 'accept', 'list', 'ls', 'remove', 'rm', '-o', '--output', '--debug', '-h', '--help', '--timeout', '-y', '--yes', '--dry-run')
        'link create' = @('-o', '--output', '--debug', '-h', '--help', '--ttl', '--for', '--cluster', '--all-clusters')
        'link accept' = @('-o', '--output', '--debug', '-h', '--help', '--timeout', '--cluster', '--all-clusters', '-y', '--yes', '--dry-run')
        'link list' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'link ls' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'link remove' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-y', '--yes', '--dry-run')
        'link rm' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-y', '--yes', '--dry-run')
        'export' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'unexport' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'services' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace')
        'svc' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace')
        'run' = @('-o', '--output', '--debug', '-h', '--help', '--service', '--version', '--port', '--protocol', '--upstream', '--drain', '--kill-after', '--cluster', '--all-clusters', '-n', '--namespace')
        'get' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace')
        'apply' = @('-o', '--output', '--debug', '-h', '--help', '-f', '--filename', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'delete' = @('-o', '--output', '--debug', '-h', '--help', '-f', '--filename', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'describe' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace')
        'traffic' = @('split', 'shift', 'status', 'pause', 'resume', 'rollback', '-o', '--output', '--debug', '-h', '--help')
        'traffic split' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'traffic shift' = @('-o', '--output', '--debug', '-h', '--help', '--to', '--from', '--steps', '--bake', '--min-success', '--max-p99', '--min-requests', '--hold-limit', '--on-failure', '--no-wait', '--timeout', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'traffic status' = @('-o', '--output', '--debug', '-h', '--help', '-f', '--follow', '--cluster', '--all-clusters', '-n', '--namespace')
        'traffic pause' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'traffic resume' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'traffic rollback' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'policy' = @('allow', 'deny', 'list', 'ls', 'check', '-o', '--output', '--debug', '-h', '--help')
        'policy allow' = @('-o', '--output', '--debug', '-h', '--help', '--from', '--method', '--path', '--name', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'policy deny' = @('-o', '--output', '--debug', '-h', '--help', '--from', '--method', '--path', '--name', '--cluster', '--all-clusters', '-n', '--namespace', '-y', '--yes', '--dry-run')
        'policy list' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace')
        'policy ls' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '-n', '--namespace')
        'policy check' = @('-o', '--output', '--debug', '-h', '--help', '--from', '--from-cluster', '--to', '--method', '--path', '--port', '--cluster', '--all-clusters', '-n', '--namespace')
        'trust' = @('status', 'bundle', '-o', '--output', '--debug', '-h', '--help')
        'trust status' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'trust bundle' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'proxy' = @('list', 'ls', 'config', '-o', '--output', '--debug', '-h', '--help')
        'proxy list' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'proxy ls' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'proxy config' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters')
        'verify' = @('-o', '--output', '--debug', '-h', '--help', '--cluster', '--all-clusters', '--timeout')
        'demo' = @('-o', '--output', '--debug', '-h', '--help', '--once', '--keep')
        'completion' = @('-o', '--output', '--debug', '-h', '--help')
        'version' = @('-o', '--output', '--debug', '-h', '--help')
    }
    $path = ''
    foreach ($word in $words) {
        $next = if ($path) { "$path $word" } else { $word }
        if ($known.ContainsKey($next)) { $path = $next } else { break }
    }
    $known[$path] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
