--TEST--
Between processes: exclusive is alone, shared are together, and each wait ends with what it waits for
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$try = function () use ($lock): string {
    $got = [];
    foreach (['exclusive' => 'acquire', 'shared' => 'acquireShared'] as $name => $method) {
        if ($lock->$method()) {
            $got[] = $name;
            $lock->release();
        }
    }
    return implode(', ', $got) ?: 'nothing';
};
$children = [directory_holder($path)];
echo 'an exclusive owner leaves: ', $try(), "\n";
$children[0]->wait();
$children = [directory_holder($path, 'acquireShared')];
echo 'a shared owner leaves: ', $try(), "\n";
$children[] = directory_holder($path, 'acquireShared');
$children[] = directory_holder($path, 'acquireShared');
echo 'three leave: ', $try(), "\n";
check('each has a record', count(records($path)) === 3);
$children[0]->wait();
echo 'when the first has gone: ', $try(), "\n";
$children[1]->wait();
$children[2]->kill();
echo 'when the last was killed: ', $try(), "\n";
check('and nothing is left', entries(dirname($path)) === []);

// Three wait; who comes to his turn keeps the others out, whoever he is.
$lock->acquire();
$record = record($path);
$wait = '$lock = new Sitelock\DirectoryLock($path); say($lock->METHOD(INF) ? "held" : "NOT"); hear(); $lock->release(); say("released");';
$writers = [];
for ($i = 0; $i < 3; $i++) {
    $writers[] = new Child(str_replace('METHOD', 'acquire', $wait), $path);
}
wait_for_waiters($record, 3);
$lock->release();
while ($writers) {
    wait_until(function () use ($writers, &$next) {
        foreach ($writers as $i => $writer) {
            if ($writer->speaks_within(0.0)) {
                $next = $i;
                return true;
            }
        }
    });
    $writer = $writers[$next];
    unset($writers[$next]);
    check('a writer has it', $writer->hear() === 'held');
    check('the others wait for him', wait_for_waiters(record($path), count($writers)) && $lock->acquire() === false);
    foreach ($writers as $other) {
        check('alone', !$other->speaks_within(0.0));
    }
    $writer->tell('release');
    check('released', $writer->hear() === 'released');
    $writer->wait();
}
check('nothing is left', entries(dirname($path)) === []);

// Readers that wait for a writer come together.
$lock->acquire();
$record = record($path);
$readers = [];
for ($i = 0; $i < 3; $i++) {
    $readers[] = new Child(str_replace('METHOD', 'acquireShared', $wait), $path);
}
wait_for_waiters($record, 3);
$lock->release();
foreach ($readers as $reader) {
    check('a reader has it', $reader->hear() === 'held');
}
check('all at once', count(records($path)) === 3);
foreach ($readers as $reader) {
    $reader->tell('release');
    $reader->wait();
}
check('nothing is left', entries(dirname($path)) === []);
?>
--EXPECT--
an exclusive owner leaves: nothing
a shared owner leaves: shared
three leave: shared
ok each has a record
when the first has gone: shared
when the last was killed: exclusive, shared
ok and nothing is left
ok a writer has it
ok the others wait for him
ok alone
ok alone
ok released
ok a writer has it
ok the others wait for him
ok alone
ok released
ok a writer has it
ok the others wait for him
ok released
ok nothing is left
ok a reader has it
ok a reader has it
ok a reader has it
ok all at once
ok nothing is left
