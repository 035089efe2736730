"""The journal: whole records in order, torn ones passed over, one holder a file, bounded."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.collector.journal import FOLDER, Journal, JournalFull, read_records, waiting_hits


def left_records(data_dir):
    found = []
    while (left := Journal(data_dir).oldest_left()) is not None:
        found += list(left.records())
        left.remove()
    return found


def only_file(data_dir):
    (path,) = (data_dir / FOLDER).glob("*.hits")
    return path


def test_records_come_back_in_order_and_once(tmp_path):
    journal = Journal(tmp_path)
    journal.append([b"one", b"two"])
    journal.append([b"three"])
    assert waiting_hits(tmp_path) == 3
    journal.put_aside()
    journal.append([b"four"])
    journal.put_aside()
    assert left_records(tmp_path) == [b"one", b"two", b"three", b"four"]
    assert left_records(tmp_path) == []
    assert waiting_hits(tmp_path) == 0


def test_a_file_that_is_still_written_to_is_nobody_elses(tmp_path):
    journal = Journal(tmp_path)
    journal.append([b"one"])
    assert Journal(tmp_path).oldest_left() is None
    journal.put_aside()
    assert left_records(tmp_path) == [b"one"]


def test_a_file_that_is_being_replayed_is_nobody_elses(tmp_path):
    journal = Journal(tmp_path)
    journal.append([b"one"])
    journal.put_aside()
    left = journal.oldest_left()
    assert left is not None
    assert Journal(tmp_path).oldest_left() is None
    left.release()
    assert left_records(tmp_path) == [b"one"]


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_torn_last_record_is_cut_and_the_rest_kept(tmp_path, cut):
    journal = Journal(tmp_path)
    journal.append([b"one", b"two", b"three"])
    journal.put_aside()
    path = only_file(tmp_path)
    os.truncate(path, path.stat().st_size - cut)
    assert left_records(tmp_path) == [b"one", b"two"]


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6), st.data())
def test_no_spoilt_byte_costs_more_than_its_own_record(tmp_path_factory, records, data):
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder)
    journal.append(records)
    journal.put_aside()
    content = bytearray(only_file(folder).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    found = list(read_records(io.BytesIO(bytes(content))))
    missing = list(records)
    for record in found:
        assert record in missing
        missing.remove(record)
    assert len(missing) <= 1


def test_a_full_journal_says_so_and_keeps_what_it_has(tmp_path):
    journal = Journal(tmp_path, most_bytes=100)
    journal.append([b"a" * 50])
    with pytest.raises(JournalFull):
        journal.append([b"b" * 50])
    journal.put_aside()
    assert left_records(tmp_path) == [b"a" * 50]
