--TEST--
Between processes: exclusive is alone, shared are together, and who waits gets it when they have gone
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
$children = [borg_holder($path)];
echo 'an exclusive owner leaves: ', what_can_be_had($lock), "\n";
check('what is busy is left alone', exclusive_records($path) === [record_name($children[0]->pid())] && lock_files($path) === ['lock.exclusive', 'lock.roster']);
$children[0]->wait();
$children = [borg_holder($path, 'acquireShared')];
echo 'a shared owner leaves: ', what_can_be_had($lock), "\n";
$children[] = borg_holder($path, 'acquireShared');
$children[] = borg_holder($path, 'acquireShared');
echo 'three leave: ', what_can_be_had($lock), "\n";
check('each is on the roster', roster($path) === '{"shared": [' . implode(', ', array_map(function ($c) { return roster_entry($c->pid()); }, $children)) . ']}');
$children[0]->wait();
echo 'when the first has gone: ', what_can_be_had($lock), "\n";
$children[1]->wait();
$children[2]->kill();
echo 'when the last was killed: ', what_can_be_had($lock), "\n";
check('nothing is left', lock_files($path) === []);

// Three writers wait; who comes to his turn keeps the others out, whoever he is.
$wait = '$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $waits = false;
    say($lock->METHOD(INF, function () use (&$waits) { $waits || say("waits"); $waits = true; }) ? "held" : "NOT"); hear(); $lock->release(); say("released");';
$lock->acquire();
$writers = [];
for ($i = 0; $i < 3; $i++) {
    $writers[] = $writer = new Child(str_replace('METHOD', 'acquire', $wait), $path);
    check('waits', $writer->hear() === 'waits');
}
$lock->release();
while ($writers) {
    $next = null;
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
    check('a writer has it', $writer->hear() === 'held' && exclusive_records($path) === [record_name($writer->pid())]);
    check('and nobody else gets it', what_can_be_had($lock) === 'nothing');
    foreach ($writers as $other) {
        check('alone', !$other->speaks_within(0.3));
    }
    $writer->tell('release');
    check('released', $writer->hear() === 'released');
    $writer->wait();
}
check('nothing is left', lock_files($path) === []);

// Readers that wait for a writer come together, and a writer waits for all of them.
$lock->acquire();
$readers = [];
for ($i = 0; $i < 3; $i++) {
    $readers[] = $reader = new Child(str_replace('METHOD', 'acquireShared', $wait), $path);
    check('waits', $reader->hear() === 'waits');
}
$lock->release();
foreach ($readers as $reader) {
    check('a reader has it', $reader->hear() === 'held');
}
check('all at once', substr_count(roster($path), '[') === 4);
$writer = new Child(str_replace('METHOD', 'acquire', $wait), $path);
$writer->hear();
foreach ($readers as $i => $reader) {
    check('the writer waits', !$writer->speaks_within($i === 2 ? 0.3 : 0.0));
    $reader->tell('release');
    $reader->wait();
}
check('until the last one has gone', $writer->hear() === 'held');
$writer->tell('release');
$writer->wait();
check('nothing is left, and nothing else was touched', lock_files($path) === [] && rest($path) === $before);
?>
--EXPECT--
an exclusive owner leaves: nothing
ok what is busy is left alone
a shared owner leaves: shared
three leave: shared
ok each is on the roster
when the first has gone: shared
when the last was killed: exclusive, shared
ok nothing is left
ok waits
ok waits
ok waits
ok a writer has it
ok and nobody else gets it
ok alone
ok alone
ok released
ok a writer has it
ok and nobody else gets it
ok alone
ok released
ok a writer has it
ok and nobody else gets it
ok released
ok nothing is left
ok waits
ok waits
ok waits
ok a reader has it
ok a reader has it
ok a reader has it
ok all at once
ok the writer waits
ok the writer waits
ok the writer waits
ok until the last one has gone
ok nothing is left, and nothing else was touched
