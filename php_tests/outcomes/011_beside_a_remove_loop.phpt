--TEST--
Beside a remove() loop nobody meets an error, and two never hold at once
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$code = '$lock = new Sitelock\FileLock($path); $mark = "$path.mark"; $rounds = 0;
    for ($i = 0; $i < 20000; $i++) {
        if (!$lock->acquire()) { continue; }
        if (!@mkdir($mark)) { say("TWO AT ONCE"); exit(1); }
        rmdir($mark);
        $rounds++;
        if ($i % 2) { $lock->remove(); } else { $lock->release(); }
    }
    say($rounds > 0 ? "done" : "never acquired");';
$children = [new Child($code, $path), new Child($code, $path), new Child($code, $path)];
foreach ($children as $child) {
    echo $child->hear(), ' ', $child->wait(), "\n";
}
?>
--EXPECT--
done 0
done 0
done 0
